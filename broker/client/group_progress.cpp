#include "broker/client/group_progress.h"

#include <algorithm>
#include <map>

#include "broker/client/consumer.h"
#include "broker/client/group_admin.h"
#include "broker/client/inspect.h"
#include "broker/protocol/messages/consumer_protocol.h"

namespace fulmar {

namespace {

GroupProgress shown(const DescribeGroupsResponse::Group& described) {
  GroupProgress group{.id = described.group_id,
                      .state = described.group_state,
                      .type = "classic",
                      .protocol_type = described.protocol_type,
                      .protocol = described.protocol_data};
  for (const auto& member : described.members) {
    auto& added = group.members.emplace_back(ReadingMember{member.member_id, member.client_id, member.client_host, {}});
    auto assignment = read_consumer_assignment(member.member_assignment);
    if (!assignment) continue;
    for (const auto& topic : assignment->assigned_partitions)
      for (auto partition : topic.partitions) added.partitions.emplace_back(topic.topic, partition);
  }
  return group;
}

GroupProgress shown(const ConsumerGroupDescribeResponse::Group& described) {
  GroupProgress group{.id = described.group_id,
                      .state = described.group_state,
                      .type = "consumer",
                      .protocol_type = "consumer",
                      .protocol = described.assignor_name};
  for (const auto& member : described.members) {
    auto& added = group.members.emplace_back(ReadingMember{member.member_id, member.client_id, member.client_host, {}});
    for (const auto& topic : member.assignment.topic_partitions)
      for (auto partition : topic.partitions) added.partitions.emplace_back(topic.topic_name, partition);
  }
  return group;
}

// A broker that does not know the consumer protocol has no such groups.
Answer<GroupProgress> find_group(ClusterClient& cluster, const std::string& name) {
  auto of_consumers = describe_consumer_group(cluster, name);
  if (of_consumers) return shown(*of_consumers);
  if (of_consumers.error().code != ErrorCode::group_id_not_found &&
      of_consumers.error().code != ErrorCode::unsupported_version)
    return std::unexpected(of_consumers.error());
  FULMAR_TRY(auto classic, describe_group(cluster, name));
  return shown(classic);
}

}  // namespace

std::optional<Offset> PartitionProgress::lag() const {
  if (!committed || !end) return std::nullopt;
  return std::max<Offset>(*end - *committed, 0);
}

Answer<GroupProgress> group_progress(Host& host, ClusterClient& cluster, const std::string& group) {
  FULMAR_TRY(auto progress, find_group(cluster, group));
  FULMAR_TRY(auto committed, committed_offsets(cluster, group));
  std::map<PartitionName, PartitionProgress> partitions;
  for (const auto& [name, offset] : committed) partitions[name].committed = offset;
  for (std::size_t n = 0; n < progress.members.size(); ++n)
    for (const auto& name : progress.members[n].partitions) partitions[name].reader = n;
  std::map<std::string, std::vector<std::int32_t>> topics;
  for (const auto& [name, partition] : partitions) topics[name.first].push_back(name.second);
  for (const auto& [topic, indexes] : topics)
    for (const auto& [index, end] : offsets_by_partition(host, cluster, topic, indexes, latest_offset))
      if (end)
        partitions[{topic, index}].end = *end;
      else
        progress.errors.insert(to_string(end.error()));
  for (auto& [name, partition] : partitions) {
    partition.name = name;
    progress.partitions.push_back(std::move(partition));
  }
  return progress;
}

}  // namespace fulmar
