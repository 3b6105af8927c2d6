// How long brokers of simulated lives let a member of a consumer group be silent: long enough for faults to pass
// unnoticed, short enough for lives to see it end.
#pragma once

#include "runtime/base/time.h"

namespace fulmar {

inline constexpr milliseconds consumer_session_timeout(6000);  // group.consumer.session.timeout.ms
inline constexpr milliseconds consumer_heartbeat_interval(1000);

}  // namespace fulmar
