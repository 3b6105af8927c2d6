#include "broker/client/inspect.h"

#include <algorithm>
#include <ranges>

#include "broker/client/consumer.h"
#include "broker/protocol/messages/describe_configs.h"
#include "broker/protocol/messages/describe_log_dirs.h"
#include "broker/protocol/messages/list_offsets.h"
#include "runtime/host/clock.h"

namespace fulmar {

namespace {

constexpr std::int8_t topic_resource = 2;
constexpr std::int8_t broker_resource = 4;
constexpr Duration second_try_after = milliseconds(300);

// Asks one leader once for its partitions.
void ask_leader(ClusterClient& cluster, std::int32_t leader, ListOffsetsRequest::Topic asked, Deadline deadline,
                std::map<std::int32_t, OffsetAnswer>& answers) {
  auto all_failed = [&](const ClientError& why) {
    for (const auto& partition : asked.partitions) answers.insert_or_assign(partition.index, std::unexpected(why));
  };
  auto connection = cluster.broker(leader, deadline);
  if (!connection) return all_failed(connection.error());
  ListOffsetsRequest request;
  request.topics.push_back(asked);
  auto response = (*connection)->call<ListOffsetsResponse>(request, deadline);
  if (!response) return all_failed(response.error());
  all_failed({ErrorCode::unknown_server_error, "left out of the answer"});
  for (const auto& topic : response->topics) {
    for (const auto& partition : topic.partitions) {
      auto answer = answers.find(partition.index);
      if (answer == answers.end()) continue;
      if (partition.error_code == ErrorCode::none)
        answer->second = partition.offset;
      else
        answer->second = refuse(partition.error_code, asked.name + " [" + std::to_string(partition.index) + "]");
    }
  }
}

Answer<std::map<PartitionName, std::int64_t>> opened(ClusterClient& cluster, std::int32_t broker,
                                                     const DescribeLogDirsRequest& request, Deadline deadline) {
  FULMAR_TRY(auto connection, cluster.broker(broker, deadline));
  FULMAR_TRY(auto response, connection->call<DescribeLogDirsResponse>(request, deadline));
  if (response.error_code != ErrorCode::none) return refuse(response.error_code, "the broker's log directories");
  std::map<PartitionName, std::int64_t> opened;
  for (const auto& directory : response.log_dirs)
    for (const auto& topic : directory.topics)
      for (const auto& partition : topic.partitions) opened[{topic.name, partition.index}] = partition.size;
  return opened;
}

}  // namespace

Answer<DescribeQuorumResponse::Topic::Partition> describe_metadata_quorum(ClusterClient& cluster) {
  using Partition = DescribeQuorumResponse::Topic::Partition;
  DescribeQuorumRequest request;
  request.topics.push_back({"__cluster_metadata", {{0}}});
  return cluster.retry([&](Deadline deadline) -> Answer<Partition> {
    FULMAR_TRY(auto broker, cluster.any(deadline));
    FULMAR_TRY(auto response, broker->call<DescribeQuorumResponse>(request, deadline));
    if (response.error_code != ErrorCode::none)
      return refuse(response.error_code, response.error_message.value_or("the quorum of the metadata"));
    if (response.topics.size() != 1 || response.topics[0].partitions.size() != 1)
      return refuse(ErrorCode::unknown_server_error, "DescribeQuorum was answered with something else");
    auto& described = response.topics[0].partitions[0];
    if (described.error_code != ErrorCode::none)
      return refuse(described.error_code, described.error_message.value_or("the quorum of the metadata"));
    return std::move(described);
  });
}

Answer<std::size_t> configured_controllers(ClusterClient& cluster, std::int32_t broker, Deadline deadline) {
  DescribeConfigsRequest request;
  request.resources.push_back({broker_resource, std::to_string(broker), {{"controller.quorum.voters"}}});
  FULMAR_TRY(auto connection, cluster.broker(broker, deadline));
  FULMAR_TRY(auto response, connection->call<DescribeConfigsResponse>(request, deadline));
  for (const auto& result : response.results)
    for (const auto& config : result.configs)
      if (config.name == "controller.quorum.voters" && config.value && !config.value->empty())
        return static_cast<std::size_t>(1 + std::ranges::count(*config.value, ','));
  return std::size_t{0};
}

Answer<std::map<PartitionName, std::int64_t>> opened_partitions(ClusterClient& cluster, std::int32_t broker,
                                                                Deadline deadline) {
  return opened(cluster, broker, {}, deadline);
}

Answer<std::map<PartitionName, std::int64_t>> opened_partitions(ClusterClient& cluster, std::int32_t broker,
                                                                const std::string& topic,
                                                                const std::vector<std::int32_t>& indexes,
                                                                Deadline deadline) {
  DescribeLogDirsRequest request;
  request.topics = {{topic, indexes}};
  return opened(cluster, broker, request, deadline);
}

Answer<std::map<std::string, std::string>> topic_property(ClusterClient& cluster,
                                                          const std::vector<std::string>& topics,
                                                          const std::string& property) {
  using Found = std::map<std::string, std::string>;
  if (topics.empty()) return Found();
  DescribeConfigsRequest request;
  for (const auto& topic : topics) request.resources.push_back({topic_resource, topic, {{property}}});
  return cluster.retry([&](Deadline deadline) -> Answer<Found> {
    FULMAR_TRY(auto broker, cluster.any(deadline));
    FULMAR_TRY(auto response, broker->call<DescribeConfigsResponse>(request, deadline));
    Found found;
    for (const auto& result : response.results)
      for (const auto& config : result.configs)
        if (config.name == property) found[result.resource_name] = config.value.value_or("");
    return found;
  });
}

std::map<std::int32_t, OffsetAnswer> offsets_by_partition(Host& host, ClusterClient& cluster, const std::string& topic,
                                                          const std::vector<std::int32_t>& partitions, Timestamp time) {
  std::map<std::int32_t, OffsetAnswer> answers;
  auto ask = [&](const std::vector<std::int32_t>& wanted) {
    auto deadline = host.clock().deadline_in(cluster.options().request_timeout);
    std::map<std::int32_t, ListOffsetsRequest::Topic> by_leader;
    for (auto partition : wanted) {
      auto leader = cluster.leader_of(topic, partition, deadline);
      if (!leader) {
        answers.insert_or_assign(partition, std::unexpected(leader.error()));
        continue;
      }
      auto& asked = by_leader[*leader];
      asked.name = topic;
      asked.partitions.push_back({partition, -1, time});
    }
    for (auto& [leader, asked] : by_leader) ask_leader(cluster, leader, std::move(asked), deadline, answers);
  };
  ask(partitions);
  std::vector<std::int32_t> again;
  for (const auto& [partition, answer] : answers)
    if (!answer && is_retriable(answer.error().code)) again.push_back(partition);
  if (again.empty()) return answers;
  host.clock().sleep_for(second_try_after);
  for (auto partition : again) cluster.doubt_leader(topic, partition);
  ask(again);
  return answers;
}

TopicOffsets offsets_of_led(Host& host, ClusterClient& cluster, const MetadataResponse::Topic& topic) {
  std::vector<std::int32_t> led;
  for (const auto& partition : topic.partitions)
    if (partition.leader_id >= 0) led.push_back(partition.index);
  const auto name = topic.name.value_or("");
  auto begins = offsets_by_partition(host, cluster, name, led, earliest_offset);
  auto ends = offsets_by_partition(host, cluster, name, led, latest_offset);
  return {std::move(begins), std::move(ends)};
}

}  // namespace fulmar
