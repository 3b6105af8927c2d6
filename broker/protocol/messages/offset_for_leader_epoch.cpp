#include "broker/protocol/messages/offset_for_leader_epoch.h"

#include "broker/protocol/describe.h"

namespace fulmar {

template <class F>
void describe(F& f, OffsetForLeaderEpochRequest::Topic::Partition& m) {
  f("index", m.index);
  f("current_leader_epoch", m.current_leader_epoch, {.since = 2});
  f("leader_epoch", m.leader_epoch);
}

template <class F>
void describe(F& f, OffsetForLeaderEpochRequest::Topic& m) {
  f("name", m.name);
  f("partitions", m.partitions);
}

template <class F>
void describe(F& f, OffsetForLeaderEpochRequest& m) {
  f("replica_id", m.replica_id, {.since = 3});
  f("topics", m.topics);
}

template <class F>
void describe(F& f, OffsetForLeaderEpochResponse::Topic::Partition& m) {
  f("error_code", m.error_code);
  f("index", m.index);
  f("leader_epoch", m.leader_epoch, {.since = 1});
  f("end_offset", m.end_offset);
}

template <class F>
void describe(F& f, OffsetForLeaderEpochResponse::Topic& m) {
  f("name", m.name);
  f("partitions", m.partitions);
}

template <class F>
void describe(F& f, OffsetForLeaderEpochResponse& m) {
  f("throttle_time_ms", m.throttle_time_ms, {.since = 2});
  f("topics", m.topics);
}

FULMAR_DEFINE_MESSAGE(OffsetForLeaderEpochRequest);
FULMAR_DEFINE_MESSAGE(OffsetForLeaderEpochResponse);

}  // namespace fulmar
