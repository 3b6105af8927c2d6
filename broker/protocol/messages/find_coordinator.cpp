#include "broker/protocol/messages/find_coordinator.h"

#include "broker/protocol/describe.h"

namespace fulmar {

template <class F>
void describe(F& f, FindCoordinatorRequest& m) {
  f("key_name", m.key_name, {.until = 3});
  f("key_type", m.key_type, {.since = 1});
  f("coordinator_keys", m.coordinator_keys, {.since = 4});
}

template <class F>
void describe(F& f, FindCoordinatorResponse::Coordinator& m) {
  f("key", m.key);
  f("node_id", m.node_id);
  f("host", m.host);
  f("port", m.port);
  f("error_code", m.error_code);
  f("error_message", m.error_message);
}

template <class F>
void describe(F& f, FindCoordinatorResponse& m) {
  f("throttle_time_ms", m.throttle_time_ms, {.since = 1});
  f("error_code", m.error_code, {.until = 3});
  f("error_message", m.error_message, {.since = 1, .until = 3});
  f("node_id", m.node_id, {.until = 3});
  f("host", m.host, {.until = 3});
  f("port", m.port, {.until = 3});
  f("coordinators", m.coordinators, {.since = 4});
}

FULMAR_DEFINE_MESSAGE(FindCoordinatorRequest);
FULMAR_DEFINE_MESSAGE(FindCoordinatorResponse);

}  // namespace fulmar
