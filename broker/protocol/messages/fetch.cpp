#include "broker/protocol/messages/fetch.h"

#include "broker/protocol/describe.h"

namespace fulmar {

template <class F>
void describe(F& f, FetchRequest::ReplicaState& m) {
  f("replica_id", m.replica_id);
  f("replica_epoch", m.replica_epoch);
}

template <class F>
void describe(F& f, FetchRequest::Topic::Partition& m) {
  f("index", m.index);
  f("current_leader_epoch", m.current_leader_epoch, {.since = 9});
  f("fetch_offset", m.fetch_offset);
  f("last_fetched_epoch", m.last_fetched_epoch, {.since = 12});
  f("log_start_offset", m.log_start_offset, {.since = 5});
  f("max_bytes", m.max_bytes);
  f.tagged(0, "replica_directory_id", m.replica_directory_id, {.since = 17});
  f.tagged(1, "high_watermark", m.high_watermark, {.since = 18}, FetchRequest::high_watermark_unsaid);
}

template <class F>
void describe(F& f, FetchRequest::Topic& m) {
  f("name", m.name, {.until = 12});
  f("topic_id", m.topic_id, {.since = 13});
  f("partitions", m.partitions);
}

template <class F>
void describe(F& f, FetchRequest::ForgottenTopic& m) {
  f("name", m.name, {.since = 7, .until = 12});
  f("topic_id", m.topic_id, {.since = 13});
  f("partitions", m.partitions);
}

template <class F>
void describe(F& f, FetchRequest& m) {
  f.tagged(0, "cluster_id", m.cluster_id, {.since = 12});
  f("replica_id", m.replica_id, {.until = 14});
  f.tagged(1, "replica_state", m.replica_state, {.since = 15});
  f("max_wait_ms", m.max_wait_ms);
  f("min_bytes", m.min_bytes);
  f("max_bytes", m.max_bytes, {.since = 3});
  f("isolation_level", m.isolation_level, {.since = 4});
  f("session_id", m.session_id, {.since = 7});
  f("session_epoch", m.session_epoch, {.since = 7});
  f("topics", m.topics);
  f("forgotten_topics", m.forgotten_topics, {.since = 7});
  f("rack_id", m.rack_id, {.since = 11});
}

template <class F>
void describe(F& f, FetchResponse::Topic::Partition::EpochEndOffset& m) {
  f("epoch", m.epoch);
  f("end_offset", m.end_offset);
}

template <class F>
void describe(F& f, FetchResponse::Topic::Partition::CurrentLeader& m) {
  f("leader_id", m.leader_id);
  f("leader_epoch", m.leader_epoch);
}

template <class F>
void describe(F& f, FetchResponse::Topic::Partition::AbortedTransaction& m) {
  f("producer_id", m.producer_id);
  f("first_offset", m.first_offset);
}

template <class F>
void describe(F& f, FetchResponse::Topic::Partition& m) {
  f("index", m.index);
  f("error_code", m.error_code);
  f("high_watermark", m.high_watermark);
  f("last_stable_offset", m.last_stable_offset, {.since = 4});
  f("log_start_offset", m.log_start_offset, {.since = 5});
  f.tagged(0, "diverging_epoch", m.diverging_epoch, {.since = 12});
  f.tagged(1, "current_leader", m.current_leader, {.since = 12});
  f("aborted_transactions", m.aborted_transactions, {.since = 4});
  f("preferred_read_replica", m.preferred_read_replica, {.since = 11});
  f("records", m.records);
}

template <class F>
void describe(F& f, FetchResponse::Topic& m) {
  f("name", m.name, {.until = 12});
  f("topic_id", m.topic_id, {.since = 13});
  f("partitions", m.partitions);
}

template <class F>
void describe(F& f, FetchResponse::NodeEndpoint& m) {
  f("node_id", m.node_id);
  f("host", m.host);
  f("port", m.port);
  f("rack", m.rack);
}

template <class F>
void describe(F& f, FetchResponse& m) {
  f("throttle_time_ms", m.throttle_time_ms, {.since = 1});
  f("error_code", m.error_code, {.since = 7});
  f("session_id", m.session_id, {.since = 7});
  f("topics", m.topics);
  f.tagged(0, "node_endpoints", m.node_endpoints, {.since = 16});
}

FULMAR_DEFINE_MESSAGE(FetchRequest);
FULMAR_DEFINE_MESSAGE(FetchResponse);

}  // namespace fulmar
