#include "broker/protocol/messages/metadata.h"

#include "broker/protocol/describe.h"

namespace fulmar {

template <class F>
void describe(F& f, MetadataRequest::Topic& m) {
  f("topic_id", m.topic_id, {.since = 10});
  f("name", m.name);
}

template <class F>
void describe(F& f, MetadataRequest& m) {
  f("topics", m.topics);
  f("allow_auto_topic_creation", m.allow_auto_topic_creation, {.since = 4});
  f("include_cluster_authorized_operations", m.include_cluster_authorized_operations, {.since = 8, .until = 10});
  f("include_topic_authorized_operations", m.include_topic_authorized_operations, {.since = 8});
}

template <class F>
void describe(F& f, MetadataResponse::Broker& m) {
  f("node_id", m.node_id);
  f("host", m.host);
  f("port", m.port);
  f("rack", m.rack, {.since = 1});
}

template <class F>
void describe(F& f, MetadataResponse::Topic::Partition& m) {
  f("error_code", m.error_code);
  f("index", m.index);
  f("leader_id", m.leader_id);
  f("leader_epoch", m.leader_epoch, {.since = 7});
  f("replica_nodes", m.replica_nodes);
  f("isr_nodes", m.isr_nodes);
  f("offline_replicas", m.offline_replicas, {.since = 5});
}

template <class F>
void describe(F& f, MetadataResponse::Topic& m) {
  f("error_code", m.error_code);
  f("name", m.name);
  f("topic_id", m.topic_id, {.since = 10});
  f("is_internal", m.is_internal, {.since = 1});
  f("partitions", m.partitions);
  f("authorized_operations", m.authorized_operations, {.since = 8});
}

template <class F>
void describe(F& f, MetadataResponse& m) {
  f("throttle_time_ms", m.throttle_time_ms, {.since = 3});
  f("brokers", m.brokers);
  f("cluster_id", m.cluster_id, {.since = 2});
  f("controller_id", m.controller_id, {.since = 1});
  f("topics", m.topics);
  f("cluster_authorized_operations", m.cluster_authorized_operations, {.since = 8, .until = 10});
  f("error_code", m.error_code, {.since = 13});
}

FULMAR_DEFINE_MESSAGE(MetadataRequest);
FULMAR_DEFINE_MESSAGE(MetadataResponse);

}  // namespace fulmar
