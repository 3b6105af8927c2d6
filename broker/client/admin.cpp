#include "broker/client/admin.h"

#include <algorithm>

#include "broker/protocol/messages/leaders.h"
#include "broker/protocol/messages/list_offsets.h"
#include "broker/protocol/messages/reassignments.h"
#include "broker/protocol/messages/unregister_broker.h"

namespace fulmar {

namespace {

// The result for the single item that was asked for.
template <class T>
Answer<T> the_only(std::vector<T> answered) {
  if (answered.size() != 1) return refuse(ErrorCode::unknown_server_error, "the broker answered something else");
  return std::move(answered.front());
}

// Asks the controller once; sets `unanswered` if the request may have been carried out without a response.
template <class Response, class Request>
Answer<Response> try_controller(ClusterClient& cluster, const Request& request, Deadline deadline, bool& unanswered) {
  FULMAR_TRY(auto controller, cluster.controller(deadline));
  auto response = controller->template call<Response>(request, deadline);
  if (!response) unanswered = true;
  return response;
}

// The topic's entry in the request for `partition`; a new one for its first partition.
template <class Topic>
Topic& topic_of(std::vector<Topic>& topics, const PartitionName& partition) {
  if (topics.empty() || topics.back().name != partition.first) topics.push_back({partition.first, {}});
  return topics.back();
}

}  // namespace

Answer<MetadataResponse::Topic> create_topic(ClusterClient& cluster, const CreateTopicsRequest::Topic& topic) {
  CreateTopicsRequest request;
  request.topics.push_back(topic);
  request.timeout_ms = cluster.options().broker_timeout_ms();
  bool unanswered = false;
  bool timed_out = false;
  auto created = cluster.retry([&](Deadline deadline) -> Answer<void> {
    FULMAR_TRY(auto response, try_controller<CreateTopicsResponse>(cluster, request, deadline, unanswered));
    FULMAR_TRY(auto result, the_only(std::move(response.topics)));
    if (result.error_code == ErrorCode::none) return {};
    // The broker continues after the timeout: creating many partitions takes longer than a request.
    if (timed_out && result.error_code == ErrorCode::topic_already_exists) return {};
    timed_out = timed_out || result.error_code == ErrorCode::request_timed_out;
    ClientError why(result.error_code, result.error_message.value_or("topic " + topic.name));
    return std::unexpected(with_doubt(std::move(why), unanswered, ErrorCode::topic_already_exists));
  });
  if (!created) return std::unexpected(std::move(created).error());
  return await_led(cluster, topic.name);
}

Answer<MetadataResponse::Topic> await_led(ClusterClient& cluster, const std::string& name) {
  return cluster.retry([&](Deadline) -> Answer<MetadataResponse::Topic> {
    FULMAR_TRY(auto response, cluster.metadata({{name}}));
    FULMAR_TRY(auto described, the_only(std::move(response.topics)));
    bool led = described.error_code == ErrorCode::none;
    for (const auto& partition : described.partitions) led = led && partition.leader_id >= 0;
    if (!led) return refuse(ErrorCode::leader_not_available, "topic " + name + " is made, but not led yet");
    return described;
  });
}

Answer<void> delete_topic(ClusterClient& cluster, const std::string& name) {
  DeleteTopicsRequest request;
  request.topics.push_back({name, {}});
  request.topic_names.push_back(name);  // the same for older versions
  request.timeout_ms = cluster.options().broker_timeout_ms();
  bool unanswered = false;
  return cluster.retry([&](Deadline deadline) -> Answer<void> {
    FULMAR_TRY(auto response, try_controller<DeleteTopicsResponse>(cluster, request, deadline, unanswered));
    FULMAR_TRY(auto result, the_only(std::move(response.responses)));
    if (result.error_code == ErrorCode::none) return {};
    bool unknown = result.error_code == ErrorCode::unknown_topic_or_partition;
    ClientError why(result.error_code, unknown ? "there is no topic " + name : result.error_message.value_or(name));
    return std::unexpected(with_doubt(std::move(why), unanswered, ErrorCode::unknown_topic_or_partition));
  });
}

Answer<std::map<std::string, std::string>> topic_configs(ClusterClient& cluster, const std::string& name) {
  constexpr std::int8_t topic_resource = 2;
  constexpr std::int8_t set_on_topic = 1;
  DescribeConfigsRequest request;
  request.resources.push_back({topic_resource, name, std::nullopt});
  return cluster.retry([&](Deadline deadline) -> Answer<std::map<std::string, std::string>> {
    FULMAR_TRY(auto broker, cluster.any(deadline));
    FULMAR_TRY(auto response, broker->call<DescribeConfigsResponse>(request, deadline));
    FULMAR_TRY(auto result, the_only(std::move(response.results)));
    if (result.error_code != ErrorCode::none)
      return refuse(result.error_code, result.error_message.value_or("topic " + name));
    std::map<std::string, std::string> configs;
    for (auto& config : result.configs)
      if (config.config_source == set_on_topic) configs[config.name] = config.value.value_or("");
    return configs;
  });
}

Answer<std::map<std::int32_t, Offset>> list_offsets(ClusterClient& cluster, const std::string& topic,
                                                    const std::vector<std::int32_t>& partitions, Timestamp which,
                                                    bool committed_only) {
  return cluster.retry([&](Deadline deadline) -> Answer<std::map<std::int32_t, Offset>> {
    std::map<std::int32_t, ListOffsetsRequest::Topic> by_leader;
    for (auto partition : partitions) {
      FULMAR_TRY(auto leader, cluster.leader_of(topic, partition, deadline));
      auto& asked = by_leader[leader];
      asked.name = topic;
      asked.partitions.push_back({partition, -1, which});
    }
    std::map<std::int32_t, Offset> offsets;
    for (auto& [leader, asked] : by_leader) {
      FULMAR_TRY(auto connection, cluster.broker(leader, deadline));
      ListOffsetsRequest request;
      request.isolation_level = committed_only ? 1 : 0;
      request.topics.push_back(std::move(asked));
      FULMAR_TRY(auto response, connection->call<ListOffsetsResponse>(request, deadline));
      FULMAR_TRY(auto answered, the_only(std::move(response.topics)));
      for (const auto& partition : answered.partitions) {
        if (partition.error_code != ErrorCode::none)
          return refuse(partition.error_code, topic + " [" + std::to_string(partition.index) + "]");
        offsets[partition.index] = partition.offset;
      }
    }
    bool whole = std::all_of(partitions.begin(), partitions.end(), [&](auto p) { return offsets.contains(p); });
    if (!whole) return refuse(ErrorCode::unknown_server_error, "ListOffsets left out partitions of " + topic);
    return offsets;
  });
}

Answer<void> reassign(ClusterClient& cluster,
                      const std::map<PartitionName, std::optional<std::vector<std::int32_t>>>& wanted) {
  AlterPartitionReassignmentsRequest request;
  request.timeout_ms = cluster.options().broker_timeout_ms();
  for (const auto& [partition, replicas] : wanted)
    topic_of(request.topics, partition).partitions.push_back({partition.second, replicas});
  bool unanswered = false;
  return cluster.retry([&](Deadline deadline) -> Answer<void> {
    FULMAR_TRY(auto response,
               try_controller<AlterPartitionReassignmentsResponse>(cluster, request, deadline, unanswered));
    if (response.error_code != ErrorCode::none)
      return refuse(response.error_code, response.error_message.value_or("the reassignment"));
    for (const auto& topic : response.topics)
      for (const auto& result : topic.partitions) {
        if (result.error_code == ErrorCode::none) continue;
        auto name = to_string(PartitionName(topic.name, result.index));
        ClientError why(result.error_code, name + ": " + result.error_message.value_or("refused"));
        return std::unexpected(with_doubt(std::move(why), unanswered, ErrorCode::no_reassignment_in_progress));
      }
    return {};
  });
}

Answer<std::map<PartitionName, PartitionReplicas>> reassignments(ClusterClient& cluster) {
  using Found = std::map<PartitionName, PartitionReplicas>;
  ListPartitionReassignmentsRequest request;
  request.timeout_ms = cluster.options().broker_timeout_ms();
  return cluster.retry([&](Deadline deadline) -> Answer<Found> {
    FULMAR_TRY(auto controller, cluster.controller(deadline));
    FULMAR_TRY(auto response, controller->call<ListPartitionReassignmentsResponse>(request, deadline));
    if (response.error_code != ErrorCode::none)
      return refuse(response.error_code, response.error_message.value_or("the reassignments"));
    Found found;
    for (auto& topic : response.topics)
      for (auto& partition : topic.partitions)
        found[{topic.name, partition.index}] = {std::move(partition.replicas), std::move(partition.adding_replicas),
                                                std::move(partition.removing_replicas)};
    return found;
  });
}

Answer<std::map<PartitionName, std::vector<std::int32_t>>> all_replicas(ClusterClient& cluster) {
  using Found = std::map<PartitionName, std::vector<std::int32_t>>;
  MetadataRequest request;
  request.allow_auto_topic_creation = false;
  return cluster.retry([&](Deadline deadline) -> Answer<Found> {
    FULMAR_TRY(auto controller, cluster.controller(deadline));
    FULMAR_TRY(auto response, controller->call<MetadataResponse>(request, deadline));
    Found found;
    for (auto& topic : response.topics)
      for (auto& partition : topic.partitions)
        found[{topic.name.value_or(""), partition.index}] = std::move(partition.replica_nodes);
    return found;
  });
}

Answer<std::map<PartitionName, ErrorCode>> elect_preferred_leaders(ClusterClient& cluster,
                                                                   const std::set<PartitionName>& partitions) {
  std::map<PartitionName, ErrorCode> results;
  auto may_still_come = [&](const PartitionName& partition) {
    auto known = results.find(partition);
    if (known == results.end()) return true;
    return known->second != ErrorCode::election_not_needed && is_retriable(known->second);
  };
  auto asked = cluster.retry([&](Deadline deadline) -> Answer<void> {
    ElectLeadersRequest request;
    request.timeout_ms = cluster.options().broker_timeout_ms();
    request.topics.emplace();
    for (const auto& partition : partitions)
      if (may_still_come(partition)) topic_of(*request.topics, partition).partitions.push_back(partition.second);
    FULMAR_TRY(auto controller, cluster.controller(deadline));
    FULMAR_TRY(auto response, controller->call<ElectLeadersResponse>(request, deadline));
    if (response.error_code != ErrorCode::none) return refuse(response.error_code, "the election");
    for (const auto& topic : response.topics)
      for (const auto& result : topic.partitions) results[{topic.name, result.index}] = result.error_code;
    for (const auto& partition : partitions) {
      if (!results.contains(partition))
        return refuse(ErrorCode::unknown_server_error, "ElectLeaders left out " + to_string(partition));
      if (may_still_come(partition)) return refuse(results.at(partition), to_string(partition));
    }
    return {};
  });
  bool whole = std::all_of(partitions.begin(), partitions.end(), [&](const auto& p) { return results.contains(p); });
  if (!whole) return std::unexpected(asked.error());
  return results;
}

Answer<void> unregister_broker(ClusterClient& cluster, std::int32_t broker) {
  bool unanswered = false;
  return cluster.retry([&](Deadline deadline) -> Answer<void> {
    FULMAR_TRY(auto response, try_controller<UnregisterBrokerResponse>(cluster, UnregisterBrokerRequest{broker},
                                                                       deadline, unanswered));
    if (response.error_code == ErrorCode::none) return {};
    ClientError why(response.error_code, response.error_message.value_or("broker " + std::to_string(broker)));
    return std::unexpected(with_doubt(std::move(why), unanswered, ErrorCode::broker_id_not_registered));
  });
}

}  // namespace fulmar
