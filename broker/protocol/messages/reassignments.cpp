#include "broker/protocol/messages/reassignments.h"

#include "broker/protocol/describe.h"

namespace fulmar {

template <class F>
void describe(F& f, AlterPartitionReassignmentsRequest::Topic::Partition& m) {
  f("index", m.index);
  f("replicas", m.replicas);
}

template <class F>
void describe(F& f, AlterPartitionReassignmentsRequest::Topic& m) {
  f("name", m.name);
  f("partitions", m.partitions);
}

template <class F>
void describe(F& f, AlterPartitionReassignmentsRequest& m) {
  f("timeout_ms", m.timeout_ms);
  f("allow_replication_factor_change", m.allow_replication_factor_change, {.since = 1});
  f("topics", m.topics);
}

template <class F>
void describe(F& f, AlterPartitionReassignmentsResponse::Topic::Partition& m) {
  f("index", m.index);
  f("error_code", m.error_code);
  f("error_message", m.error_message);
}

template <class F>
void describe(F& f, AlterPartitionReassignmentsResponse::Topic& m) {
  f("name", m.name);
  f("partitions", m.partitions);
}

template <class F>
void describe(F& f, AlterPartitionReassignmentsResponse& m) {
  f("throttle_time_ms", m.throttle_time_ms);
  f("allow_replication_factor_change", m.allow_replication_factor_change, {.since = 1});
  f("error_code", m.error_code);
  f("error_message", m.error_message);
  f("topics", m.topics);
}

template <class F>
void describe(F& f, ListPartitionReassignmentsRequest::Topic& m) {
  f("name", m.name);
  f("partitions", m.partitions);
}

template <class F>
void describe(F& f, ListPartitionReassignmentsRequest& m) {
  f("timeout_ms", m.timeout_ms);
  f("topics", m.topics);
}

template <class F>
void describe(F& f, ListPartitionReassignmentsResponse::Topic::Partition& m) {
  f("index", m.index);
  f("replicas", m.replicas);
  f("adding_replicas", m.adding_replicas);
  f("removing_replicas", m.removing_replicas);
}

template <class F>
void describe(F& f, ListPartitionReassignmentsResponse::Topic& m) {
  f("name", m.name);
  f("partitions", m.partitions);
}

template <class F>
void describe(F& f, ListPartitionReassignmentsResponse& m) {
  f("throttle_time_ms", m.throttle_time_ms);
  f("error_code", m.error_code);
  f("error_message", m.error_message);
  f("topics", m.topics);
}

FULMAR_DEFINE_MESSAGE(AlterPartitionReassignmentsRequest);
FULMAR_DEFINE_MESSAGE(AlterPartitionReassignmentsResponse);
FULMAR_DEFINE_MESSAGE(ListPartitionReassignmentsRequest);
FULMAR_DEFINE_MESSAGE(ListPartitionReassignmentsResponse);

}  // namespace fulmar
