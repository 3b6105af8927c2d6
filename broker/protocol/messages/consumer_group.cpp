#include "broker/protocol/messages/consumer_group.h"

#include "broker/protocol/describe.h"

namespace fulmar {

template <class F>
void describe(F& f, ConsumerGroupHeartbeatRequest::TopicPartitions& m) {
  f("topic_id", m.topic_id);
  f("partitions", m.partitions);
}

template <class F>
void describe(F& f, ConsumerGroupHeartbeatRequest& m) {
  f("group_id", m.group_id);
  f("member_id", m.member_id);
  f("member_epoch", m.member_epoch);
  f("instance_id", m.instance_id);
  f("rack_id", m.rack_id);
  f("rebalance_timeout_ms", m.rebalance_timeout_ms);
  f("subscribed_topic_names", m.subscribed_topic_names);
  f("subscribed_topic_regex", m.subscribed_topic_regex, {.since = 1});
  f("server_assignor", m.server_assignor);
  f("topic_partitions", m.topic_partitions);
}

template <class F>
void describe(F& f, ConsumerGroupHeartbeatResponse::TopicPartitions& m) {
  f("topic_id", m.topic_id);
  f("partitions", m.partitions);
}

template <class F>
void describe(F& f, ConsumerGroupHeartbeatResponse::Assignment& m) {
  f("topic_partitions", m.topic_partitions);
}

template <class F>
void describe(F& f, ConsumerGroupHeartbeatResponse& m) {
  f("throttle_time_ms", m.throttle_time_ms);
  f("error_code", m.error_code);
  f("error_message", m.error_message);
  f("member_id", m.member_id);
  f("member_epoch", m.member_epoch);
  f("heartbeat_interval_ms", m.heartbeat_interval_ms);
  f("assignment", m.assignment);
}

template <class F>
void describe(F& f, ConsumerGroupDescribeRequest& m) {
  f("group_ids", m.group_ids);
  f("include_authorized_operations", m.include_authorized_operations);
}

template <class F>
void describe(F& f, ConsumerGroupDescribeResponse::TopicPartitions& m) {
  f("topic_id", m.topic_id);
  f("topic_name", m.topic_name);
  f("partitions", m.partitions);
}

template <class F>
void describe(F& f, ConsumerGroupDescribeResponse::Assignment& m) {
  f("topic_partitions", m.topic_partitions);
}

template <class F>
void describe(F& f, ConsumerGroupDescribeResponse::Group::Member& m) {
  f("member_id", m.member_id);
  f("instance_id", m.instance_id);
  f("rack_id", m.rack_id);
  f("member_epoch", m.member_epoch);
  f("client_id", m.client_id);
  f("client_host", m.client_host);
  f("subscribed_topic_names", m.subscribed_topic_names);
  f("subscribed_topic_regex", m.subscribed_topic_regex);
  f("assignment", m.assignment);
  f("target_assignment", m.target_assignment);
  f("member_type", m.member_type, {.since = 1});
}

template <class F>
void describe(F& f, ConsumerGroupDescribeResponse::Group& m) {
  f("error_code", m.error_code);
  f("error_message", m.error_message);
  f("group_id", m.group_id);
  f("group_state", m.group_state);
  f("group_epoch", m.group_epoch);
  f("assignment_epoch", m.assignment_epoch);
  f("assignor_name", m.assignor_name);
  f("members", m.members);
  f("authorized_operations", m.authorized_operations);
}

template <class F>
void describe(F& f, ConsumerGroupDescribeResponse& m) {
  f("throttle_time_ms", m.throttle_time_ms);
  f("groups", m.groups);
}

FULMAR_DEFINE_MESSAGE(ConsumerGroupHeartbeatRequest);
FULMAR_DEFINE_MESSAGE(ConsumerGroupHeartbeatResponse);
FULMAR_DEFINE_MESSAGE(ConsumerGroupDescribeRequest);
FULMAR_DEFINE_MESSAGE(ConsumerGroupDescribeResponse);

}  // namespace fulmar
