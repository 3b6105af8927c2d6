// Sums of timestamps and durations that clients and operators choose: they end at the lowest and highest timestamps.
#pragma once

#include <cstdint>
#include <limits>

#include "runtime/base/time.h"

namespace fulmar {

inline Timestamp later(Timestamp at, std::int64_t ms) {
  Timestamp sum = 0;
  return __builtin_add_overflow(at, ms, &sum) ? std::numeric_limits<Timestamp>::max() : sum;
}

inline Timestamp earlier(Timestamp at, std::int64_t ms) {
  Timestamp difference = 0;
  return __builtin_sub_overflow(at, ms, &difference) ? std::numeric_limits<Timestamp>::min() : difference;
}

}  // namespace fulmar
