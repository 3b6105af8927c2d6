// The clock of retention.
//
// Kafka compares record timestamps with the wall clock; if that jumps ahead, segments are deleted too early. Here the
// wall clock is limited by the monotonic one: since the process started, at most as much wall time has passed as
// monotonic time. So a clock that is set ahead while the broker runs expires nothing too early; one that is set back
// keeps data longer.
#pragma once

#include "runtime/base/time.h"

namespace fulmar {

class Clock;

class RetentionClock {
 public:
  explicit RetentionClock(const Clock& clock);
  // The wall time in ms, at most the wall time at the start plus the monotonic time since then.
  Timestamp now_ms() const;

 private:
  const Clock& clock_;
  Instant started_;
  Timestamp wall_at_start_;
};

}  // namespace fulmar
