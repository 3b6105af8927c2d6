#include "broker/protocol/messages/describe_cluster.h"

#include "broker/protocol/describe.h"

namespace fulmar {

template <class F>
void describe(F& f, DescribeClusterRequest& m) {
  f("include_cluster_authorized_operations", m.include_cluster_authorized_operations);
  f("endpoint_type", m.endpoint_type, {.since = 1});
  f("include_fenced_brokers", m.include_fenced_brokers, {.since = 2});
}

template <class F>
void describe(F& f, DescribeClusterResponse::Broker& m) {
  f("broker_id", m.broker_id);
  f("host", m.host);
  f("port", m.port);
  f("rack", m.rack);
  f("is_fenced", m.is_fenced, {.since = 2});
}

template <class F>
void describe(F& f, DescribeClusterResponse& m) {
  f("throttle_time_ms", m.throttle_time_ms);
  f("error_code", m.error_code);
  f("error_message", m.error_message);
  f("endpoint_type", m.endpoint_type, {.since = 1});
  f("cluster_id", m.cluster_id);
  f("controller_id", m.controller_id);
  f("brokers", m.brokers);
  f("cluster_authorized_operations", m.cluster_authorized_operations);
}

FULMAR_DEFINE_MESSAGE(DescribeClusterRequest);
FULMAR_DEFINE_MESSAGE(DescribeClusterResponse);

}  // namespace fulmar
