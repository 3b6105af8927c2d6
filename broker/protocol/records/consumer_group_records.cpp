#include "broker/protocol/records/consumer_group_records.h"

#include "broker/protocol/describe.h"
#include "broker/protocol/records/coordinator_record_codec.h"

namespace fulmar {

template <class F>
void describe(F& f, ConsumerGroupMetadataKey& m) {
  f("group_id", m.group_id);
}

template <class F>
void describe(F& f, ConsumerGroupMetadataValue& m) {
  f("epoch", m.epoch);
  f.tagged(0, "metadata_hash", m.metadata_hash);
}

template <class F>
void describe(F& f, ConsumerGroupPartitionMetadataKey& m) {
  f("group_id", m.group_id);
}

template <class F>
void describe(F& f, ConsumerGroupPartitionMetadataValue::Topic::Partition& m) {
  f("partition", m.partition);
  f("racks", m.racks);
}

template <class F>
void describe(F& f, ConsumerGroupPartitionMetadataValue::Topic& m) {
  f("topic_id", m.topic_id);
  f("topic_name", m.topic_name);
  f("num_partitions", m.num_partitions);
  f("partition_metadata", m.partition_metadata);
}

template <class F>
void describe(F& f, ConsumerGroupPartitionMetadataValue& m) {
  f("topics", m.topics);
}

template <class F>
void describe(F& f, ConsumerGroupMemberMetadataKey& m) {
  f("group_id", m.group_id);
  f("member_id", m.member_id);
}

template <class F>
void describe(F& f, ConsumerGroupMemberMetadataValue::ClassicMember::Protocol& m) {
  f("name", m.name);
  f("metadata", m.metadata);
}

template <class F>
void describe(F& f, ConsumerGroupMemberMetadataValue::ClassicMember& m) {
  f("session_timeout_ms", m.session_timeout_ms);
  f("supported_protocols", m.supported_protocols);
}

template <class F>
void describe(F& f, ConsumerGroupMemberMetadataValue& m) {
  f("instance_id", m.instance_id);
  f("rack_id", m.rack_id);
  f("client_id", m.client_id);
  f("client_host", m.client_host);
  f("subscribed_topic_names", m.subscribed_topic_names);
  f("subscribed_topic_regex", m.subscribed_topic_regex);
  f("rebalance_timeout_ms", m.rebalance_timeout_ms);
  f("server_assignor", m.server_assignor);
  // For Kafka 4.4 a missing field is an empty one, whatever its schema says, so null is written.
  f.tagged(0, "classic_member_metadata", m.classic_member_metadata, {},
           ConsumerGroupMemberMetadataValue::ClassicMember{});
}

template <class F>
void describe(F& f, ConsumerGroupTargetAssignmentMetadataKey& m) {
  f("group_id", m.group_id);
}

template <class F>
void describe(F& f, ConsumerGroupTargetAssignmentMetadataValue& m) {
  f("assignment_epoch", m.assignment_epoch);
  f.tagged(0, "assignment_timestamp", m.assignment_timestamp);
}

template <class F>
void describe(F& f, ConsumerGroupTargetAssignmentMemberKey& m) {
  f("group_id", m.group_id);
  f("member_id", m.member_id);
}

template <class F>
void describe(F& f, ConsumerGroupTargetAssignmentMemberValue::TopicPartitions& m) {
  f("topic_id", m.topic_id);
  f("partitions", m.partitions);
}

template <class F>
void describe(F& f, ConsumerGroupTargetAssignmentMemberValue& m) {
  f("topic_partitions", m.topic_partitions);
}

template <class F>
void describe(F& f, ConsumerGroupCurrentMemberAssignmentKey& m) {
  f("group_id", m.group_id);
  f("member_id", m.member_id);
}

template <class F>
void describe(F& f, ConsumerGroupCurrentMemberAssignmentValue::TopicPartitions& m) {
  f("topic_id", m.topic_id);
  f("partitions", m.partitions);
  // Likewise: a missing field is empty, so null is written.
  f.tagged(0, "assignment_epochs", m.assignment_epochs, {}, std::vector<std::int32_t>{});
}

template <class F>
void describe(F& f, ConsumerGroupCurrentMemberAssignmentValue& m) {
  f("member_epoch", m.member_epoch);
  f("previous_member_epoch", m.previous_member_epoch);
  f("state", m.state);
  f("assigned_partitions", m.assigned_partitions);
  f("partitions_pending_revocation", m.partitions_pending_revocation);
}

template <class F>
void describe(F& f, ConsumerGroupRegularExpressionKey& m) {
  f("group_id", m.group_id);
  f("regular_expression", m.regular_expression);
}

template <class F>
void describe(F& f, ConsumerGroupRegularExpressionValue& m) {
  f("topics", m.topics);
  f("version", m.version);
  f("timestamp", m.timestamp);
}

FULMAR_DEFINE_RECORD(ConsumerGroupMetadataKey);
FULMAR_DEFINE_RECORD(ConsumerGroupPartitionMetadataKey);
FULMAR_DEFINE_RECORD(ConsumerGroupMemberMetadataKey);
FULMAR_DEFINE_RECORD(ConsumerGroupTargetAssignmentMetadataKey);
FULMAR_DEFINE_RECORD(ConsumerGroupTargetAssignmentMemberKey);
FULMAR_DEFINE_RECORD(ConsumerGroupCurrentMemberAssignmentKey);
FULMAR_DEFINE_RECORD(ConsumerGroupRegularExpressionKey);

}  // namespace fulmar
