#include "broker/protocol/messages/produce.h"

#include "broker/protocol/describe.h"

namespace fulmar {

template <class F>
void describe(F& f, ProduceRequest::Topic::Partition& m) {
  f("index", m.index);
  f("records", m.records);
}

template <class F>
void describe(F& f, ProduceRequest::Topic& m) {
  f("name", m.name, {.until = 12});
  f("topic_id", m.topic_id, {.since = 13});
  f("partitions", m.partitions);
}

template <class F>
void describe(F& f, ProduceRequest& m) {
  f("transactional_id", m.transactional_id, {.since = 3});
  f("acks", m.acks);
  f("timeout_ms", m.timeout_ms);
  f("topics", m.topics);
}

template <class F>
void describe(F& f, ProduceResponse::Topic::Partition::RecordError& m) {
  f("batch_index", m.batch_index);
  f("message", m.message);
}

template <class F>
void describe(F& f, ProduceResponse::Topic::Partition::CurrentLeader& m) {
  f("leader_id", m.leader_id);
  f("leader_epoch", m.leader_epoch);
}

template <class F>
void describe(F& f, ProduceResponse::Topic::Partition& m) {
  f("index", m.index);
  f("error_code", m.error_code);
  f("base_offset", m.base_offset);
  f("log_append_time_ms", m.log_append_time_ms, {.since = 2});
  f("log_start_offset", m.log_start_offset, {.since = 5});
  f("record_errors", m.record_errors, {.since = 8});
  f("error_message", m.error_message, {.since = 8});
  f.tagged(0, "current_leader", m.current_leader, {.since = 10});
}

template <class F>
void describe(F& f, ProduceResponse::Topic& m) {
  f("name", m.name, {.until = 12});
  f("topic_id", m.topic_id, {.since = 13});
  f("partitions", m.partitions);
}

template <class F>
void describe(F& f, ProduceResponse::NodeEndpoint& m) {
  f("node_id", m.node_id);
  f("host", m.host);
  f("port", m.port);
  f("rack", m.rack);
}

template <class F>
void describe(F& f, ProduceResponse& m) {
  f("topics", m.topics);
  f("throttle_time_ms", m.throttle_time_ms, {.since = 1});
  f.tagged(0, "node_endpoints", m.node_endpoints, {.since = 10});
}

FULMAR_DEFINE_MESSAGE(ProduceRequest);
FULMAR_DEFINE_MESSAGE(ProduceResponse);

}  // namespace fulmar
