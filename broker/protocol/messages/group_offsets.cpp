#include "broker/protocol/messages/group_offsets.h"

#include "broker/protocol/describe.h"

namespace fulmar {

template <class F>
void describe(F& f, OffsetCommitRequest::Topic::Partition& m) {
  f("index", m.index);
  f("committed_offset", m.committed_offset);
  f("committed_leader_epoch", m.committed_leader_epoch, {.since = 6});
  f("committed_metadata", m.committed_metadata);
}

template <class F>
void describe(F& f, OffsetCommitRequest::Topic& m) {
  f("name", m.name, {.until = 9});
  f("topic_id", m.topic_id, {.since = 10});
  f("partitions", m.partitions);
}

template <class F>
void describe(F& f, OffsetCommitRequest& m) {
  f("group_id", m.group_id);
  f("generation_id_or_member_epoch", m.generation_id_or_member_epoch);
  f("member_id", m.member_id);
  f("group_instance_id", m.group_instance_id, {.since = 7});
  f("retention_time_ms", m.retention_time_ms, {.until = 4});
  f("topics", m.topics);
}

template <class F>
void describe(F& f, OffsetCommitResponse::Topic::Partition& m) {
  f("index", m.index);
  f("error_code", m.error_code);
}

template <class F>
void describe(F& f, OffsetCommitResponse::Topic& m) {
  f("name", m.name, {.until = 9});
  f("topic_id", m.topic_id, {.since = 10});
  f("partitions", m.partitions);
}

template <class F>
void describe(F& f, OffsetCommitResponse& m) {
  f("throttle_time_ms", m.throttle_time_ms, {.since = 3});
  f("topics", m.topics);
}

template <class F>
void describe(F& f, OffsetFetchRequest::Topic& m) {
  f("name", m.name);
  f("partition_indexes", m.partition_indexes);
}

template <class F>
void describe(F& f, OffsetFetchRequest::Group::Topic& m) {
  f("name", m.name, {.until = 9});
  f("topic_id", m.topic_id, {.since = 10});
  f("partition_indexes", m.partition_indexes);
}

template <class F>
void describe(F& f, OffsetFetchRequest::Group& m) {
  f("group_id", m.group_id);
  f("member_id", m.member_id, {.since = 9});
  f("member_epoch", m.member_epoch, {.since = 9});
  f("topics", m.topics);
}

template <class F>
void describe(F& f, OffsetFetchRequest& m) {
  f("group_id", m.group_id, {.until = 7});
  f("topics", m.topics, {.until = 7, .null_since = 2});
  f("groups", m.groups, {.since = 8});
  f("require_stable", m.require_stable, {.since = 7});
}

// Leader epochs came with version 5, so responses about several groups always have them.
template <class F>
void describe(F& f, OffsetFetchResponse::Partition& m) {
  f("index", m.index);
  f("committed_offset", m.committed_offset);
  f("committed_leader_epoch", m.committed_leader_epoch, {.since = 5});
  f("metadata", m.metadata);
  f("error_code", m.error_code);
}

template <class F>
void describe(F& f, OffsetFetchResponse::Topic& m) {
  f("name", m.name);
  f("partitions", m.partitions);
}

template <class F>
void describe(F& f, OffsetFetchResponse::Group::Topic& m) {
  f("name", m.name, {.until = 9});
  f("topic_id", m.topic_id, {.since = 10});
  f("partitions", m.partitions);
}

template <class F>
void describe(F& f, OffsetFetchResponse::Group& m) {
  f("group_id", m.group_id);
  f("topics", m.topics);
  f("error_code", m.error_code);
}

template <class F>
void describe(F& f, OffsetFetchResponse& m) {
  f("throttle_time_ms", m.throttle_time_ms, {.since = 3});
  f("topics", m.topics, {.until = 7});
  f("error_code", m.error_code, {.since = 2, .until = 7});
  f("groups", m.groups, {.since = 8});
}

template <class F>
void describe(F& f, OffsetDeleteRequest::Topic::Partition& m) {
  f("index", m.index);
}

template <class F>
void describe(F& f, OffsetDeleteRequest::Topic& m) {
  f("name", m.name);
  f("partitions", m.partitions);
}

template <class F>
void describe(F& f, OffsetDeleteRequest& m) {
  f("group_id", m.group_id);
  f("topics", m.topics);
}

template <class F>
void describe(F& f, OffsetDeleteResponse::Topic::Partition& m) {
  f("index", m.index);
  f("error_code", m.error_code);
}

template <class F>
void describe(F& f, OffsetDeleteResponse::Topic& m) {
  f("name", m.name);
  f("partitions", m.partitions);
}

template <class F>
void describe(F& f, OffsetDeleteResponse& m) {
  f("error_code", m.error_code);
  f("throttle_time_ms", m.throttle_time_ms);
  f("topics", m.topics);
}

FULMAR_DEFINE_MESSAGE(OffsetCommitRequest);
FULMAR_DEFINE_MESSAGE(OffsetCommitResponse);
FULMAR_DEFINE_MESSAGE(OffsetFetchRequest);
FULMAR_DEFINE_MESSAGE(OffsetFetchResponse);
FULMAR_DEFINE_MESSAGE(OffsetDeleteRequest);
FULMAR_DEFINE_MESSAGE(OffsetDeleteResponse);

}  // namespace fulmar
