// ConsumerGroupDescribe, answered from committed state; and which members may commit and fetch offsets.
#include "broker/groups/consumer_groups.h"
#include "broker/groups/coordinator.h"

namespace fulmar {

namespace {

// From this version on OffsetCommit can contain a member epoch (KIP-848).
constexpr std::int16_t member_epoch_since = 9;
constexpr std::int8_t classic_member = 0;
constexpr std::int8_t consumer_member = 1;

ConsumerGroupDescribeResponse::Assignment told(const PartitionSets& sets, const GroupTopics* topics) {
  ConsumerGroupDescribeResponse::Assignment assignment;
  for (const auto& [id, partitions] : sets) {
    auto name = topics ? topics->name_of(id) : "";
    if (name.empty()) continue;  // it was deleted
    assignment.topic_partitions.push_back({id, std::move(name), {partitions.begin(), partitions.end()}});
  }
  return assignment;
}

const std::int32_t* epoch_of(const std::map<Uuid, std::map<std::int32_t, std::int32_t>>& sets, const Uuid& topic,
                             std::int32_t partition) {
  auto partitions = sets.find(topic);
  if (partitions == sets.end()) return nullptr;
  auto epoch = partitions->second.find(partition);
  return epoch == partitions->second.end() ? nullptr : &epoch->second;
}

}  // namespace

ConsumerGroupDescribeResponse::Group ConsumerGroups::describe(const Group& shell) const {
  ConsumerGroupDescribeResponse::Group described;
  // The group is copied only while a step is under way.
  std::optional<ConsumerGroup> before;
  if (shell.consumer->step) before = shell.consumer->committed();
  const auto& group = before ? *before : *shell.consumer;
  described.group_id = shell.id();
  described.group_state = consumer_group_state_name(group.state());
  described.group_epoch = group.epoch();
  described.assignment_epoch = group.target_epoch();
  described.assignor_name = group.preferred_assignor();
  if (described.assignor_name.empty()) described.assignor_name = coordinator_.settings_.consumer_assignors.front();
  for (const auto& [id, said] : group.members()) {
    auto& member = described.members.emplace_back();
    const auto& current = group.current(id);
    member.member_id = id;
    member.instance_id = said.instance_id;
    member.rack_id = said.rack_id;
    member.member_epoch = current.epoch;
    member.client_id = said.client_id;
    member.client_host = said.client_host;
    member.subscribed_topic_names = said.subscribed_topic_names;
    member.subscribed_topic_regex = said.subscribed_topic_regex.value_or("");
    member.assignment = told(partitions_of(current.assigned), topics_.get());
    if (const auto* target = group.target(id)) member.target_assignment = told(*target, topics_.get());
    member.member_type = said.classic_member_metadata ? classic_member : consumer_member;
  }
  return described;
}

std::optional<ErrorCode> ConsumerGroups::validate_commit(const Group& shell, const GroupClient& client,
                                                         const OffsetCommitRequest& request) const {
  const auto& group = *shell.consumer;
  std::int32_t epoch = request.generation_id_or_member_epoch;
  // Clients that are no members (consumers with assign(), tools) may commit while the group has no members.
  if (epoch < 0 && group.empty()) return std::nullopt;
  if (!group.member(request.member_id)) return ErrorCode::unknown_member_id;
  bool classic = group.member(request.member_id)->classic_member_metadata.has_value();
  if (!classic && client.api_version < member_epoch_since) return ErrorCode::unsupported_version;
  const auto& current = group.current(request.member_id);
  if (epoch == current.epoch) return std::nullopt;
  if (classic) return ErrorCode::illegal_generation;
  if (epoch > current.epoch) return ErrorCode::stale_member_epoch;
  // The member's epoch has risen since it sent this. It may commit for partitions that it had then and still has
  // (KIP-1251).
  for (const auto& topic : request.topics) {
    auto known = topics_ ? topics_->find(topic.name) : std::nullopt;
    if (!known) return ErrorCode::stale_member_epoch;
    for (const auto& partition : topic.partitions) {
      const auto* since = epoch_of(current.assigned, known->id, partition.index);
      if (!since) since = epoch_of(current.revoking, known->id, partition.index);
      if (!since || epoch < *since) return ErrorCode::stale_member_epoch;
    }
  }
  return std::nullopt;
}

std::optional<ErrorCode> ConsumerGroups::validate_fetch(const Group& shell,
                                                        const OffsetFetchRequest::Group& request) const {
  auto member = request.member_id.value_or("");
  if (member.empty() && request.member_epoch < 0) return std::nullopt;
  if (!shell.consumer->member(member)) return ErrorCode::unknown_member_id;
  if (request.member_epoch != shell.consumer->current(member).epoch) return ErrorCode::stale_member_epoch;
  return std::nullopt;
}

}  // namespace fulmar
