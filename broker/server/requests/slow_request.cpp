#include "broker/server/requests/slow_request.h"

#include <algorithm>

#include "broker/protocol/api_key.h"
#include "broker/server/requests/request.h"
#include "broker/server/shard/broker_shard.h"

namespace fulmar {

namespace {

std::int64_t to_ms(Duration time) {
  return time / milliseconds(1);
}

}  // namespace

Duration RequestTimes::own(Instant written) const {
  return written - received - std::min(asked_wait, answered - begun);
}

void log_if_slow(BrokerShard& shard, const Session& session, const RequestName& name, const RequestTimes& times,
                 Instant written, std::int64_t request_bytes, std::int64_t response_bytes) {
  const auto slow = shard.config().slow_request;
  if (!slow || times.own(written) < *slow) return;
  ++shard.counts().slow_requests;
  const auto* api = find_api(name.api_key);
  shard.strangers_log().warn("slow request", {{"request", api ? api->name : "unknown"},
                                              {"version", name.version},
                                              {"correlation", name.correlation_id},
                                              {"peer", to_string(session.peer)},
                                              {"principal", to_string(session.principal)},
                                              {"client", session.software()},
                                              {"ms", to_ms(written - times.received)},
                                              {"handler_ms", to_ms(times.begun - times.received)},
                                              {"wait_ms", to_ms(times.answered - times.begun)},
                                              {"order_ms", to_ms(times.write_begun - times.answered)},
                                              {"write_ms", to_ms(written - times.write_begun)},
                                              {"request_bytes", request_bytes},
                                              {"response_bytes", response_bytes}});
}

Duration asked_wait_of(std::int16_t api_key) {
  switch (static_cast<ApiKey>(api_key)) {
    case ApiKey::join_group:
    case ApiKey::sync_group: return Duration::max();
    default: return Duration(0);
  }
}

}  // namespace fulmar
