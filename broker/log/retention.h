// Retention: which segments of a log may go, and by what clock.
//
// Kafka compares record timestamps with the wall clock, and a wall clock that jumps ahead takes live segments with it.
// Here the wall clock counts only as far as the monotonic one vouches for it: since the process started, no more wall
// time has passed than real time. A clock set ahead thus expires nothing before its time; one set back merely keeps
// data longer.
#pragma once

#include "runtime/base/time.h"

namespace fulmar {

class Clock;

class RetentionClock {
 public:
  explicit RetentionClock(const Clock& clock);
  // Wall time in ms, never ahead of the wall time of the start plus the time that really passed.
  Timestamp now_ms() const;

 private:
  const Clock& clock_;
  Instant started_;
  Timestamp wall_at_start_;
};

}  // namespace fulmar
