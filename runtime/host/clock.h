// Clock: the only access to the time. One per shard; called by fibers of that shard only.
#pragma once

#include "runtime/base/time.h"

namespace fulmar {

class Clock {
 public:
  virtual ~Clock() = default;

  // Never goes back while the process runs; its origin is meaningful only within the process.
  virtual Instant now() const = 0;
  // Milliseconds since 1970 UTC. May jump either way at any time.
  virtual Timestamp wall_ms() const = 0;

  // Blocks the fiber until `at` has been reached, at least; at once if it has. A cancellation point.
  virtual void sleep_until(Instant at) = 0;
  void sleep_for(Duration d) { sleep_until(now() + d); }

  Deadline deadline_in(Duration d) const { return Deadline{now() + d}; }
};

}  // namespace fulmar
