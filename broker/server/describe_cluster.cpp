// DescribeCluster and FindCoordinator: who is there, and who coordinates.
#include "broker/protocol/messages/describe_cluster.h"

#include "broker/protocol/messages/find_coordinator.h"
#include "broker/protocol/reader.h"
#include "broker/server/broker_shard.h"
#include "broker/server/handlers.h"

namespace fulmar {

Result<ByteChain> handle_describe_cluster(BrokerShard& shard, const RequestHeader& header, Reader& body) {
  TRY(auto request, decode<DescribeClusterRequest>(body, header.api_version));
  constexpr std::int8_t broker_endpoints = 1;
  constexpr std::int8_t controller_endpoints = 2;
  DescribeClusterResponse response;
  if (request.endpoint_type != broker_endpoints) {
    bool known = request.endpoint_type == controller_endpoints;
    response.error_code = known ? ErrorCode::mismatched_endpoint_type : ErrorCode::unsupported_endpoint_type;
    response.error_message = "only the brokers' endpoints can be described";
    return response_frame(response, header.api_version, header.correlation_id);
  }
  response.endpoint_type = request.endpoint_type;
  response.cluster_id = shard.image()->cluster_id;
  response.controller_id = shard.controller();
  for (const auto& [id, broker] : shard.image()->brokers)
    if (!broker.fenced || request.include_fenced_brokers)
      response.brokers.push_back({id, broker.listener.host, broker.listener.port, broker.rack, broker.fenced});
  if (request.include_cluster_authorized_operations)
    response.cluster_authorized_operations = authorized_cluster_operations;
  return response_frame(response, header.api_version, header.correlation_id);
}

Result<ByteChain> handle_find_coordinator(BrokerShard&, const RequestHeader& header, Reader& body) {
  TRY(auto request, decode<FindCoordinatorRequest>(body, header.api_version));
  // Neither groups nor transactions are served yet: clients take this for "try again later".
  FindCoordinatorResponse response;
  const std::string why = "no coordinator is served by this broker";
  response.error_code = ErrorCode::coordinator_not_available;
  response.error_message = why;
  response.node_id = -1;
  response.port = -1;
  for (const auto& key : request.coordinator_keys)
    response.coordinators.push_back({key, -1, "", -1, ErrorCode::coordinator_not_available, why});
  return response_frame(response, header.api_version, header.correlation_id);
}

}  // namespace fulmar
