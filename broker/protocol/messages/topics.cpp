#include "broker/protocol/messages/topics.h"

#include "broker/protocol/describe.h"

namespace fulmar {

template <class F>
void describe(F& f, CreateTopicsRequest::Topic::Assignment& m) {
  f("partition_index", m.partition_index);
  f("broker_ids", m.broker_ids);
}

template <class F>
void describe(F& f, CreateTopicsRequest::Topic::Config& m) {
  f("name", m.name);
  f("value", m.value);
}

template <class F>
void describe(F& f, CreateTopicsRequest::Topic& m) {
  f("name", m.name);
  f("num_partitions", m.num_partitions);
  f("replication_factor", m.replication_factor);
  f("assignments", m.assignments);
  f("configs", m.configs);
}

template <class F>
void describe(F& f, CreateTopicsRequest& m) {
  f("topics", m.topics);
  f("timeout_ms", m.timeout_ms);
  f("validate_only", m.validate_only, {.since = 1});
}

template <class F>
void describe(F& f, CreateTopicsResponse::Topic::Config& m) {
  f("name", m.name);
  f("value", m.value);
  f("read_only", m.read_only);
  f("config_source", m.config_source);
  f("is_sensitive", m.is_sensitive);
}

template <class F>
void describe(F& f, CreateTopicsResponse::Topic& m) {
  f("name", m.name);
  f("topic_id", m.topic_id, {.since = 7});
  f("error_code", m.error_code);
  f("error_message", m.error_message, {.since = 1});
  f.tagged(0, "topic_config_error_code", m.topic_config_error_code, {.since = 5});
  f("num_partitions", m.num_partitions, {.since = 5});
  f("replication_factor", m.replication_factor, {.since = 5});
  f("configs", m.configs, {.since = 5});
}

template <class F>
void describe(F& f, CreateTopicsResponse& m) {
  f("throttle_time_ms", m.throttle_time_ms, {.since = 2});
  f("topics", m.topics);
}

template <class F>
void describe(F& f, DeleteTopicsRequest::Topic& m) {
  f("name", m.name);
  f("topic_id", m.topic_id);
}

template <class F>
void describe(F& f, DeleteTopicsRequest& m) {
  f("topics", m.topics, {.since = 6});
  f("topic_names", m.topic_names, {.until = 5});
  f("timeout_ms", m.timeout_ms);
}

template <class F>
void describe(F& f, DeleteTopicsResponse::Topic& m) {
  f("name", m.name);
  f("topic_id", m.topic_id, {.since = 6});
  f("error_code", m.error_code);
  f("error_message", m.error_message, {.since = 5});
}

template <class F>
void describe(F& f, DeleteTopicsResponse& m) {
  f("throttle_time_ms", m.throttle_time_ms, {.since = 1});
  f("responses", m.responses);
}

template <class F>
void describe(F& f, CreatePartitionsRequest::Topic::Assignment& m) {
  f("broker_ids", m.broker_ids);
}

template <class F>
void describe(F& f, CreatePartitionsRequest::Topic& m) {
  f("name", m.name);
  f("count", m.count);
  f("assignments", m.assignments);
}

template <class F>
void describe(F& f, CreatePartitionsRequest& m) {
  f("topics", m.topics);
  f("timeout_ms", m.timeout_ms);
  f("validate_only", m.validate_only);
}

template <class F>
void describe(F& f, CreatePartitionsResponse::Result& m) {
  f("name", m.name);
  f("error_code", m.error_code);
  f("error_message", m.error_message);
}

template <class F>
void describe(F& f, CreatePartitionsResponse& m) {
  f("throttle_time_ms", m.throttle_time_ms);
  f("results", m.results);
}

template <class F>
void describe(F& f, DeleteRecordsRequest::Topic::Partition& m) {
  f("index", m.index);
  f("offset", m.offset);
}

template <class F>
void describe(F& f, DeleteRecordsRequest::Topic& m) {
  f("name", m.name);
  f("partitions", m.partitions);
}

template <class F>
void describe(F& f, DeleteRecordsRequest& m) {
  f("topics", m.topics);
  f("timeout_ms", m.timeout_ms);
}

template <class F>
void describe(F& f, DeleteRecordsResponse::Topic::Partition& m) {
  f("index", m.index);
  f("low_watermark", m.low_watermark);
  f("error_code", m.error_code);
}

template <class F>
void describe(F& f, DeleteRecordsResponse::Topic& m) {
  f("name", m.name);
  f("partitions", m.partitions);
}

template <class F>
void describe(F& f, DeleteRecordsResponse& m) {
  f("throttle_time_ms", m.throttle_time_ms);
  f("topics", m.topics);
}

FULMAR_DEFINE_MESSAGE(CreateTopicsRequest);
FULMAR_DEFINE_MESSAGE(CreateTopicsResponse);
FULMAR_DEFINE_MESSAGE(DeleteTopicsRequest);
FULMAR_DEFINE_MESSAGE(DeleteTopicsResponse);
FULMAR_DEFINE_MESSAGE(CreatePartitionsRequest);
FULMAR_DEFINE_MESSAGE(CreatePartitionsResponse);
FULMAR_DEFINE_MESSAGE(DeleteRecordsRequest);
FULMAR_DEFINE_MESSAGE(DeleteRecordsResponse);

}  // namespace fulmar
