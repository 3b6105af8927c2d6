#include "broker/client/group_admin.h"

namespace fulmar {

namespace {

template <class Response, class Request>
Answer<Response> ask_coordinator(ClusterClient& cluster, const std::string& group, const Request& request,
                                 Deadline deadline, std::int16_t version_max = 32767) {
  FULMAR_TRY(auto id, cluster.coordinator_of(group, deadline));
  FULMAR_TRY(auto connection, cluster.broker(id, deadline));
  FULMAR_TRY(auto response, connection->template call<Response>(request, deadline, version_max));
  return response;
}

std::string named(const std::string& group) {
  return "group " + group;
}

std::unexpected<ClientError> answered_else() {
  return refuse(ErrorCode::unknown_server_error, "the broker answered something else");
}

}  // namespace

Answer<std::map<std::string, ListGroupsResponse::Group>> list_groups(ClusterClient& cluster) {
  return cluster.retry([&](Deadline deadline) -> Answer<std::map<std::string, ListGroupsResponse::Group>> {
    FULMAR_TRY(auto known, cluster.metadata(std::vector<std::string>()));
    std::map<std::string, ListGroupsResponse::Group> groups;
    for (const auto& broker : known.brokers) {
      FULMAR_TRY(auto connection, cluster.broker(broker.node_id, deadline));
      FULMAR_TRY(auto response, connection->call<ListGroupsResponse>(ListGroupsRequest{}, deadline));
      if (response.error_code != ErrorCode::none)
        return refuse(response.error_code, "the groups of broker " + std::to_string(broker.node_id));
      for (auto& group : response.groups) groups[group.group_id] = group;
    }
    return groups;
  });
}

Answer<DescribeGroupsResponse::Group> describe_group(ClusterClient& cluster, const std::string& group,
                                                     bool with_permissions) {
  return cluster.retry([&](Deadline deadline) -> Answer<DescribeGroupsResponse::Group> {
    FULMAR_TRY(auto response, (ask_coordinator<DescribeGroupsResponse>(
                                  cluster, group, DescribeGroupsRequest{{group}, with_permissions}, deadline)));
    if (response.groups.size() != 1) return answered_else();
    auto& described = response.groups.front();
    if (described.error_code != ErrorCode::none)
      return refuse(described.error_code, described.error_message.value_or(named(group)));
    if (described.group_state == "Dead") return refuse(ErrorCode::group_id_not_found, "there is no " + named(group));
    return std::move(described);
  });
}

Answer<ConsumerGroupDescribeResponse::Group> describe_consumer_group(ClusterClient& cluster, const std::string& group,
                                                                     bool with_permissions) {
  return cluster.retry([&](Deadline deadline) -> Answer<ConsumerGroupDescribeResponse::Group> {
    FULMAR_TRY(auto response, (ask_coordinator<ConsumerGroupDescribeResponse>(
                                  cluster, group, ConsumerGroupDescribeRequest{{group}, with_permissions}, deadline)));
    if (response.groups.size() != 1) return answered_else();
    auto& described = response.groups.front();
    if (described.error_code != ErrorCode::none)
      return refuse(described.error_code, described.error_message.value_or(named(group)));
    return std::move(described);
  });
}

Answer<GroupOffsets> committed_offsets(ClusterClient& cluster, const std::string& group, bool stable) {
  OffsetFetchRequest request;
  request.group_id = group;  // for versions up to 7
  request.groups.push_back({group, std::nullopt, -1, std::nullopt});
  request.require_stable = stable;
  return cluster.retry([&](Deadline deadline) -> Answer<GroupOffsets> {
    FULMAR_TRY(auto response,
               (ask_coordinator<OffsetFetchResponse>(cluster, group, request, deadline, offset_fetch_by_name)));
    GroupOffsets offsets;
    auto error = response.error_code;
    auto take = [&](const auto& topics) {
      for (const auto& topic : topics)
        for (const auto& partition : topic.partitions) {
          if (partition.error_code != ErrorCode::none) error = partition.error_code;
          if (partition.committed_offset >= 0) offsets[{topic.name, partition.index}] = partition.committed_offset;
        }
    };
    take(response.topics);
    for (const auto& one : response.groups) {
      if (one.error_code != ErrorCode::none) error = one.error_code;
      take(one.topics);
    }
    if (error != ErrorCode::none) return refuse(error, "the offsets of " + named(group));
    return offsets;
  });
}

OffsetCommitRequest offset_commit(const std::string& group, const GroupOffsets& offsets) {
  OffsetCommitRequest request;
  request.group_id = group;
  for (const auto& [partition, offset] : offsets) {
    if (request.topics.empty() || request.topics.back().name != partition.first)
      request.topics.emplace_back().name = partition.first;
    request.topics.back().partitions.push_back({partition.second, offset, -1, ""});
  }
  return request;
}

std::map<PartitionName, ErrorCode> errors_by_partition(const OffsetCommitResponse& response) {
  std::map<PartitionName, ErrorCode> errors;
  for (const auto& topic : response.topics)
    for (const auto& partition : topic.partitions) errors[{topic.name, partition.index}] = partition.error_code;
  return errors;
}

Answer<std::map<PartitionName, ErrorCode>> commit_offsets(ClusterClient& cluster, const std::string& group,
                                                          const GroupOffsets& offsets) {
  auto request = offset_commit(group, offsets);
  return cluster.retry([&](Deadline deadline) -> Answer<std::map<PartitionName, ErrorCode>> {
    FULMAR_TRY(auto response,
               (ask_coordinator<OffsetCommitResponse>(cluster, group, request, deadline, offset_commit_by_name)));
    auto errors = errors_by_partition(response);
    std::erase_if(errors, [](const auto& of) { return of.second == ErrorCode::none; });
    for (const auto& [partition, error] : errors)
      if (is_retriable(error) || errors.size() == offsets.size())
        return refuse(error, named(group) + ", " + to_string(partition));
    return errors;
  });
}

Answer<void> delete_group(ClusterClient& cluster, const std::string& group) {
  bool unanswered = false;
  return cluster.retry([&](Deadline deadline) -> Answer<void> {
    FULMAR_TRY(auto id, cluster.coordinator_of(group, deadline));
    FULMAR_TRY(auto connection, cluster.broker(id, deadline));
    auto response = connection->call<DeleteGroupsResponse>(DeleteGroupsRequest{{group}}, deadline);
    if (!response) {
      unanswered = true;
      return std::unexpected(response.error());
    }
    if (response->results.size() != 1) return answered_else();
    const auto& result = response->results.front();
    if (result.error_code == ErrorCode::none) return {};
    ClientError why(result.error_code, result.error_message.value_or(named(group)));
    return std::unexpected(with_doubt(std::move(why), unanswered, ErrorCode::group_id_not_found));
  });
}

}  // namespace fulmar
