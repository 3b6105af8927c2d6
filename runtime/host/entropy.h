// Entropy: random numbers, unpredictable in production, derived from the seed in the simulator.
#pragma once

#include <cstdint>

#include "runtime/base/random.h"

namespace fulmar {

class Entropy {
 public:
  virtual ~Entropy() = default;
  virtual std::uint64_t next() = 0;

  // A cheap stream for uses that need no secrecy (jitter, placement).
  Random stream() { return Random(next()); }
};

}  // namespace fulmar
