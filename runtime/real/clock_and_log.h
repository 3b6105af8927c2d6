// The clock, the entropy and the log of the real world.
#pragma once

#include <memory>

#include "runtime/host/clock.h"
#include "runtime/host/entropy.h"
#include "runtime/host/log.h"
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

// Writes lines to stderr, through spdlog; one for all shards, which may use it at once.
std::unique_ptr<LogSink> make_stderr_sink(LogLevel level);

}  // namespace fulmar
