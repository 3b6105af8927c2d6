#include "broker/client/permissions.h"

#include "broker/client/group_admin.h"
#include "broker/protocol/messages/describe_cluster.h"

namespace fulmar {

Answer<std::int32_t> allowed_on_cluster(ClusterClient& cluster) {
  DescribeClusterRequest request;
  request.include_cluster_authorized_operations = true;
  return cluster.retry([&](Deadline deadline) -> Answer<std::int32_t> {
    FULMAR_TRY(auto connection, cluster.any(deadline));
    FULMAR_TRY(auto response, connection->call<DescribeClusterResponse>(request, deadline));
    if (response.error_code != ErrorCode::none)
      return refuse(response.error_code, response.error_message.value_or("the cluster"));
    return response.cluster_authorized_operations;
  });
}

Answer<std::int32_t> allowed_on_topic(ClusterClient& cluster, const std::string& topic) {
  MetadataRequest request;
  request.topics.emplace().emplace_back().name = topic;
  request.allow_auto_topic_creation = false;
  request.include_topic_authorized_operations = true;
  return cluster.retry([&](Deadline deadline) -> Answer<std::int32_t> {
    FULMAR_TRY(auto connection, cluster.any(deadline));
    FULMAR_TRY(auto response, connection->call<MetadataResponse>(request, deadline));
    if (response.topics.size() != 1)
      return refuse(ErrorCode::unknown_server_error, "the broker answered something else");
    const auto& described = response.topics.front();
    if (described.error_code != ErrorCode::none) return refuse(described.error_code, "topic " + topic);
    return described.authorized_operations;
  });
}

Answer<std::int32_t> allowed_on_group(ClusterClient& cluster, const std::string& group) {
  auto of_consumers = describe_consumer_group(cluster, group, true);
  if (of_consumers) return of_consumers->authorized_operations;
  if (of_consumers.error().code != ErrorCode::group_id_not_found &&
      of_consumers.error().code != ErrorCode::unsupported_version)
    return std::unexpected(of_consumers.error());
  FULMAR_TRY(auto classic, describe_group(cluster, group, true));
  return classic.authorized_operations;
}

}  // namespace fulmar
