// The session timeout of consumer groups in simulated lives: long enough to survive short faults, short enough for
// lives to see sessions expire.
#pragma once

#include "runtime/base/time.h"

namespace fulmar {

inline constexpr milliseconds consumer_session_timeout(6000);  // group.consumer.session.timeout.ms
inline constexpr milliseconds consumer_heartbeat_interval(1000);

}  // namespace fulmar
