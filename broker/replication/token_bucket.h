// TokenBucket: limits bytes to an average rate. The unused rate of up to one second is saved. A single amount may
// exceed that: whoever finds room takes what it needs, and the next waits until the debt is paid.
//
// In any time t at most rate * t passes, plus one second's worth, plus the excess of the last amount taken.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#include "runtime/base/assert.h"
#include "runtime/base/time.h"

namespace fulmar {

class TokenBucket {
 public:
  // `per_second`: bytes, at least 1. Full at first.
  explicit TokenBucket(std::int64_t per_second) : per_second_(per_second) { FULMAR_ASSERT(per_second >= 1); }

  // When there is room, if nobody takes anything before.
  Instant room_at() const { return paid_at_; }
  bool has_room(Instant now) const { return now >= paid_at_; }
  // Takes so many bytes, whether there is room or not. `now` never goes back.
  void take(std::size_t bytes, Instant now);

 private:
  std::int64_t per_second_;
  Instant paid_at_{std::numeric_limits<std::int64_t>::min()};  // when there is neither debt nor saving
};

}  // namespace fulmar
