// The clock and the entropy of the real world.
#pragma once

#include "runtime/host/clock.h"
#include "runtime/host/entropy.h"
#include "runtime/real/reactor.h"

namespace fulmar {

class RealClock final : public Clock {
 public:
  explicit RealClock(Reactor& reactor) : reactor_(reactor) {}
  Instant now() const override { return reactor_.now(); }
  Timestamp wall_ms() const override;
  void sleep_until(Instant at) override;

 private:
  Reactor& reactor_;
};

class RealEntropy final : public Entropy {
 public:
  std::uint64_t next() override;
};

}  // namespace fulmar
