// Metadata, DescribeCluster, FindCoordinator, ApiVersions: what a client asks first.
#include "broker/protocol/messages/metadata.h"

#include <algorithm>

#include "broker/cluster/topic_name.h"
#include "broker/protocol/messages/api_versions.h"
#include "broker/protocol/messages/describe_cluster.h"
#include "broker/protocol/messages/find_coordinator.h"
#include "broker/protocol/reader.h"
#include "broker/server/broker_shard.h"
#include "broker/server/handlers.h"
#include "broker/server/topics.h"

namespace fulmar {

namespace {

MetadataResponse::Topic describe_topic(const BrokerShard& shard, const std::string& name, const TopicImage& topic) {
  MetadataResponse::Topic out;
  out.name = name;
  out.topic_id = topic.id;
  for (std::int32_t index = 0; index < topic.partition_count(); ++index) {
    auto leader = shard.leader_of(topic, index);
    MetadataResponse::Topic::Partition partition;
    partition.index = index;
    partition.leader_id = leader.broker;
    partition.leader_epoch = leader.epoch;
    partition.isr_nodes = leader.in_sync;
    if (leader.broker < 0) partition.error_code = ErrorCode::leader_not_available;
    for (const auto& replica : topic.partitions[static_cast<std::size_t>(index)].replicas) {
      // A broker whose disk is replaced has two for a while.
      if (std::ranges::find(partition.replica_nodes, replica.broker) != partition.replica_nodes.end()) continue;
      partition.replica_nodes.push_back(replica.broker);
      auto broker = shard.image()->brokers.find(replica.broker);
      if (broker == shard.image()->brokers.end() || broker->second.fenced)
        partition.offline_replicas.push_back(replica.broker);
    }
    out.partitions.push_back(std::move(partition));
  }
  return out;
}

ApiVersionsResponse api_versions() {
  ApiVersionsResponse response;
  for (const auto& api : served_apis())
    response.api_keys.push_back({static_cast<std::int16_t>(api.key), api.advertised_min, api.max});
  return response;
}

}  // namespace

Result<ByteChain> handle_metadata(BrokerShard& shard, const RequestHeader& header, Reader& body) {
  TRY(auto request, decode<MetadataRequest>(body, header.api_version));
  // In version 0 an empty list means all topics; later that is null.
  bool all = !request.topics || (header.api_version == 0 && request.topics->empty());
  MetadataResponse response;
  for (const auto& [id, broker] : shard.image()->brokers)
    if (!broker.fenced) response.brokers.push_back({id, broker.listener.host, broker.listener.port, broker.rack});
  response.cluster_id = shard.image()->cluster_id;
  response.controller_id = shard.controller();
  if (all) {
    for (const auto& [name, topic] : shard.image()->topics)
      response.topics.push_back(describe_topic(shard, name, topic));
    return response_frame(response, header.api_version, header.correlation_id);
  }
  for (const auto& asked : *request.topics) {
    MetadataResponse::Topic out;
    out.topic_id = asked.topic_id;
    std::string name = asked.name.value_or("");
    if (!asked.name) {
      name = shard.image()->topic_name(asked.topic_id);
      if (name.empty()) {
        out.error_code = ErrorCode::unknown_topic_id;
        if (header.api_version < 12) out.name = "";
        response.topics.push_back(std::move(out));
        continue;
      }
    }
    if (!shard.image()->topic(name)) {
      out.name = name;
      if (invalid_topic_name(name)) {
        out.error_code = ErrorCode::invalid_topic_exception;
      } else if (shard.config().auto_create_topics && request.allow_auto_topic_creation) {
        out.error_code = create_topic_on_demand(shard, name);
      } else {
        out.error_code = ErrorCode::unknown_topic_or_partition;
      }
    }
    if (const auto* topic = shard.image()->topic(name))
      response.topics.push_back(describe_topic(shard, name, *topic));
    else
      response.topics.push_back(std::move(out));
  }
  return response_frame(response, header.api_version, header.correlation_id);
}

Result<ByteChain> handle_describe_cluster(BrokerShard& shard, const RequestHeader& header, Reader& body) {
  TRY(auto request, decode<DescribeClusterRequest>(body, header.api_version));
  DescribeClusterResponse response;
  response.endpoint_type = request.endpoint_type;
  constexpr std::int8_t broker_endpoints = 1;
  constexpr std::int8_t controller_endpoints = 2;
  if (request.endpoint_type != broker_endpoints) {
    bool known = request.endpoint_type == controller_endpoints;
    response.error_code = known ? ErrorCode::mismatched_endpoint_type : ErrorCode::unsupported_endpoint_type;
    response.error_message = "only the brokers' endpoints can be described";
  } else {
    response.cluster_id = shard.image()->cluster_id;
    response.controller_id = shard.controller();
    for (const auto& [id, broker] : shard.image()->brokers)
      if (!broker.fenced) response.brokers.push_back({id, broker.listener.host, broker.listener.port, broker.rack});
  }
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

Result<ByteChain> handle_api_versions(BrokerShard&, const RequestHeader& header, Reader& body) {
  TRY_VOID(decode<ApiVersionsRequest>(body, header.api_version));
  return response_frame(api_versions(), header.api_version, header.correlation_id);
}

ByteChain unsupported_api_versions(std::int32_t correlation_id) {
  auto response = api_versions();
  response.error_code = ErrorCode::unsupported_version;
  return response_frame(response, 0, correlation_id);
}

}  // namespace fulmar
