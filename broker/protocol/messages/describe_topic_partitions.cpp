#include "broker/protocol/messages/describe_topic_partitions.h"

#include "broker/protocol/describe.h"

namespace fulmar {

template <class F>
void describe(F& f, TopicPartitionsCursor& m) {
  f("topic", m.topic);
  f("partition", m.partition);
}

template <class F>
void describe(F& f, DescribeTopicPartitionsRequest::Topic& m) {
  f("name", m.name);
}

template <class F>
void describe(F& f, DescribeTopicPartitionsRequest& m) {
  f("topics", m.topics);
  f("response_partition_limit", m.response_partition_limit);
  f("cursor", m.cursor);
}

template <class F>
void describe(F& f, DescribeTopicPartitionsResponse::Topic::Partition& m) {
  f("error_code", m.error_code);
  f("index", m.index);
  f("leader_id", m.leader_id);
  f("leader_epoch", m.leader_epoch);
  f("replica_nodes", m.replica_nodes);
  f("isr_nodes", m.isr_nodes);
  f("eligible_leader_replicas", m.eligible_leader_replicas);
  f("last_known_elr", m.last_known_elr);
  f("offline_replicas", m.offline_replicas);
}

template <class F>
void describe(F& f, DescribeTopicPartitionsResponse::Topic& m) {
  f("error_code", m.error_code);
  f("name", m.name);
  f("topic_id", m.topic_id);
  f("is_internal", m.is_internal);
  f("partitions", m.partitions);
  f("authorized_operations", m.authorized_operations);
}

template <class F>
void describe(F& f, DescribeTopicPartitionsResponse& m) {
  f("throttle_time_ms", m.throttle_time_ms);
  f("topics", m.topics);
  f("next_cursor", m.next_cursor);
}

FULMAR_DEFINE_MESSAGE(DescribeTopicPartitionsRequest);
FULMAR_DEFINE_MESSAGE(DescribeTopicPartitionsResponse);

}  // namespace fulmar
