#include "broker/protocol/messages/unregister_broker.h"

#include "broker/protocol/describe.h"

namespace fulmar {

template <class F>
void describe(F& f, UnregisterBrokerRequest& m) {
  f("broker_id", m.broker_id);
}

template <class F>
void describe(F& f, UnregisterBrokerResponse& m) {
  f("throttle_time_ms", m.throttle_time_ms);
  f("error_code", m.error_code);
  f("error_message", m.error_message);
}

FULMAR_DEFINE_MESSAGE(UnregisterBrokerRequest);
FULMAR_DEFINE_MESSAGE(UnregisterBrokerResponse);

}  // namespace fulmar
