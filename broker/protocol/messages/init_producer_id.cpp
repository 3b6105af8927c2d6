#include "broker/protocol/messages/init_producer_id.h"

#include "broker/protocol/describe.h"

namespace fulmar {

template <class F>
void describe(F& f, InitProducerIdRequest& m) {
  f("transactional_id", m.transactional_id);
  f("transaction_timeout_ms", m.transaction_timeout_ms);
  f("producer_id", m.producer_id, {.since = 3});
  f("producer_epoch", m.producer_epoch, {.since = 3});
}

template <class F>
void describe(F& f, InitProducerIdResponse& m) {
  f("throttle_time_ms", m.throttle_time_ms);
  f("error_code", m.error_code);
  f("producer_id", m.producer_id);
  f("producer_epoch", m.producer_epoch);
}

FULMAR_DEFINE_MESSAGE(InitProducerIdRequest);
FULMAR_DEFINE_MESSAGE(InitProducerIdResponse);

}  // namespace fulmar
