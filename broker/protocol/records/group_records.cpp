#include "broker/protocol/records/group_records.h"

#include "broker/protocol/describe.h"
#include "broker/protocol/records/coordinator_record_codec.h"

namespace fulmar {

template <class F>
void describe(F& f, OffsetCommitKey& m) {
  f("group_id", m.group_id);
  f("topic", m.topic);
  f("partition", m.partition);
}

template <class F>
void describe(F& f, OffsetCommitValue& m) {
  f("offset", m.offset);
  f("leader_epoch", m.leader_epoch, {.since = 3});
  f("metadata", m.metadata);
  f("commit_timestamp", m.commit_timestamp);
  f("expire_timestamp", m.expire_timestamp, {.since = 1, .until = 1});
  f.tagged(0, "topic_id", m.topic_id, {.since = 4});
}

template <class F>
void describe(F& f, GroupMetadataKey& m) {
  f("group_id", m.group_id);
}

template <class F>
void describe(F& f, GroupMetadataValue::Member& m) {
  f("member_id", m.member_id);
  f("group_instance_id", m.group_instance_id, {.since = 3});
  f("client_id", m.client_id);
  f("client_host", m.client_host);
  f("rebalance_timeout_ms", m.rebalance_timeout_ms, {.since = 1});
  f("session_timeout_ms", m.session_timeout_ms);
  f("subscription", m.subscription);
  f("assignment", m.assignment);
}

template <class F>
void describe(F& f, GroupMetadataValue& m) {
  f("protocol_type", m.protocol_type);
  f("generation", m.generation);
  f("protocol", m.protocol);
  f("leader", m.leader);
  f("current_state_timestamp", m.current_state_timestamp, {.since = 2});
  f("members", m.members);
}

FULMAR_DEFINE_RECORD(OffsetCommitKey);
FULMAR_DEFINE_RECORD(GroupMetadataKey);

}  // namespace fulmar
