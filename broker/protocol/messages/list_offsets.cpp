#include "broker/protocol/messages/list_offsets.h"

#include "broker/protocol/describe.h"

namespace fulmar {

template <class F>
void describe(F& f, ListOffsetsRequest::Topic::Partition& m) {
  f("index", m.index);
  f("current_leader_epoch", m.current_leader_epoch, {.since = 4});
  f("timestamp", m.timestamp);
}

template <class F>
void describe(F& f, ListOffsetsRequest::Topic& m) {
  f("name", m.name);
  f("partitions", m.partitions);
}

template <class F>
void describe(F& f, ListOffsetsRequest& m) {
  f("replica_id", m.replica_id);
  f("isolation_level", m.isolation_level, {.since = 2});
  f("topics", m.topics);
  f("timeout_ms", m.timeout_ms, {.since = 10});
}

template <class F>
void describe(F& f, ListOffsetsResponse::Topic::Partition& m) {
  f("index", m.index);
  f("error_code", m.error_code);
  f("timestamp", m.timestamp, {.since = 1});
  f("offset", m.offset, {.since = 1});
  f("leader_epoch", m.leader_epoch, {.since = 4});
}

template <class F>
void describe(F& f, ListOffsetsResponse::Topic& m) {
  f("name", m.name);
  f("partitions", m.partitions);
}

template <class F>
void describe(F& f, ListOffsetsResponse& m) {
  f("throttle_time_ms", m.throttle_time_ms, {.since = 2});
  f("topics", m.topics);
}

FULMAR_DEFINE_MESSAGE(ListOffsetsRequest);
FULMAR_DEFINE_MESSAGE(ListOffsetsResponse);

}  // namespace fulmar
