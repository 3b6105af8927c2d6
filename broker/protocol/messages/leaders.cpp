#include "broker/protocol/messages/leaders.h"

#include "broker/protocol/describe.h"

namespace fulmar {

template <class F>
void describe(F& f, ElectLeadersRequest::Topic& m) {
  f("name", m.name);
  f("partitions", m.partitions);
}

template <class F>
void describe(F& f, ElectLeadersRequest& m) {
  f("election_type", m.election_type, {.since = 1});
  f("topics", m.topics);
  f("timeout_ms", m.timeout_ms);
}

template <class F>
void describe(F& f, ElectLeadersResponse::Topic::Partition& m) {
  f("index", m.index);
  f("error_code", m.error_code);
  f("error_message", m.error_message);
}

template <class F>
void describe(F& f, ElectLeadersResponse::Topic& m) {
  f("name", m.name);
  f("partitions", m.partitions);
}

template <class F>
void describe(F& f, ElectLeadersResponse& m) {
  f("throttle_time_ms", m.throttle_time_ms);
  f("error_code", m.error_code, {.since = 1});
  f("topics", m.topics);
}

FULMAR_DEFINE_MESSAGE(ElectLeadersRequest);
FULMAR_DEFINE_MESSAGE(ElectLeadersResponse);

}  // namespace fulmar
