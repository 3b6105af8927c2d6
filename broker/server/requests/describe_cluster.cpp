// DescribeCluster: the cluster's brokers.
#include "broker/protocol/messages/describe_cluster.h"

#include "broker/server/requests/access.h"
#include "broker/server/requests/handlers.h"
#include "broker/server/requests/request.h"
#include "broker/server/shard/broker_shard.h"

namespace fulmar {

Result<ByteChain> handle_describe_cluster(BrokerShard& shard, const Request& call) {
  FULMAR_TRY(auto request, call.body<DescribeClusterRequest>());
  constexpr std::int8_t broker_endpoints = 1;
  constexpr std::int8_t controller_endpoints = 2;
  DescribeClusterResponse response;
  if (request.endpoint_type != broker_endpoints) {
    bool known = request.endpoint_type == controller_endpoints;
    response.error_code = known ? ErrorCode::mismatched_endpoint_type : ErrorCode::unsupported_endpoint_type;
    response.error_message = "only the brokers' endpoints can be described";
    return call.answer(response);
  }
  response.endpoint_type = request.endpoint_type;
  response.cluster_id = shard.image()->cluster_id;
  response.controller_id = shard.controller();
  for (const auto& [id, broker] : shard.image()->brokers)
    if (const auto* at = broker.address_at(call.session().listener);
        at && (!broker.fenced || request.include_fenced_brokers))
      response.brokers.push_back({id, at->host, at->port, broker.rack, broker.fenced});
  if (request.include_cluster_authorized_operations)
    response.cluster_authorized_operations =
        Access(shard, call).cluster_bits_if_described(authorized_cluster_operations);
  return call.answer(response);
}

}  // namespace fulmar
