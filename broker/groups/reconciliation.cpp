#include "broker/groups/reconciliation.h"

#include <algorithm>

namespace fulmar {

namespace {

using EpochSets = std::map<Uuid, std::map<std::int32_t, std::int32_t>>;
using Topics = std::vector<ConsumerGroupCurrentMemberAssignmentValue::TopicPartitions>;

EpochSets sets_of(const Topics& topics, std::int32_t otherwise) {
  EpochSets sets;
  for (const auto& topic : topics) {
    bool known = topic.assignment_epochs && topic.assignment_epochs->size() == topic.partitions.size();
    for (std::size_t n = 0; n < topic.partitions.size(); ++n)
      sets[topic.topic_id][topic.partitions[n]] = known ? (*topic.assignment_epochs)[n] : otherwise;
  }
  return sets;
}

Topics topics_of(const EpochSets& sets) {
  Topics topics;
  for (const auto& [id, partitions] : sets) {
    auto& topic = topics.emplace_back();
    topic.topic_id = id;
    topic.assignment_epochs.emplace();
    for (auto [partition, epoch] : partitions) {
      topic.partitions.push_back(partition);
      topic.assignment_epochs->push_back(epoch);
    }
  }
  return topics;
}

bool has(const PartitionSets& sets, const Uuid& topic, std::int32_t partition) {
  auto found = sets.find(topic);
  return found != sets.end() && found->second.contains(partition);
}

// Whether the member reports some of these partitions, or does not report its partitions.
bool may_have(const std::optional<PartitionSets>& owned, const EpochSets& some) {
  if (!owned) return true;
  return std::ranges::any_of(some, [&](const auto& topic) {
    return std::ranges::any_of(topic.second,
                               [&](const auto& partition) { return has(*owned, topic.first, partition.first); });
  });
}

}  // namespace

CurrentAssignment current_of(const ConsumerGroupCurrentMemberAssignmentValue& value) {
  CurrentAssignment current;
  current.epoch = value.member_epoch;
  current.previous_epoch = value.previous_member_epoch;
  current.state = value.state == 0   ? MemberState::stable
                  : value.state == 2 ? MemberState::unreleased
                                     : MemberState::unrevoked;
  // A partition without an epoch counts as assigned in the member's epoch; commits for it then need that epoch.
  current.assigned = sets_of(value.assigned_partitions, value.member_epoch);
  current.revoking = sets_of(value.partitions_pending_revocation, value.member_epoch);
  return current;
}

ConsumerGroupCurrentMemberAssignmentValue value_of(const CurrentAssignment& current) {
  ConsumerGroupCurrentMemberAssignmentValue value;
  value.member_epoch = current.epoch;
  value.previous_member_epoch = current.previous_epoch;
  value.state = static_cast<std::int8_t>(current.state);
  value.assigned_partitions = topics_of(current.assigned);
  value.partitions_pending_revocation = topics_of(current.revoking);
  return value;
}

bool within(const PartitionSets& owned, const CurrentAssignment& current) {
  return std::ranges::all_of(owned, [&](const auto& topic) {
    auto found = current.assigned.find(topic.first);
    return std::ranges::all_of(topic.second, [&](std::int32_t partition) {
      return found != current.assigned.end() && found->second.contains(partition);
    });
  });
}

CurrentAssignment reconcile(const CurrentAssignment& current, const Target& target,
                            const std::optional<PartitionSets>& owned,
                            const std::function<bool(const Uuid&, std::int32_t)>& taken) {
  if (current.state == MemberState::stable && current.epoch == target.epoch) return current;
  if (current.state == MemberState::unrevoked && may_have(owned, current.revoking)) return current;

  static const PartitionSets nothing;
  const auto& wanted = target.partitions ? *target.partitions : nothing;
  CurrentAssignment next;
  for (const auto& [topic, partitions] : current.assigned)
    for (auto [partition, epoch] : partitions)
      (has(wanted, topic, partition) ? next.assigned : next.revoking)[topic][partition] = epoch;
  if (!next.revoking.empty() && may_have(owned, next.revoking)) {
    next.state = MemberState::unrevoked;
    next.epoch = current.epoch;
    next.previous_epoch = current.previous_epoch;
    // It has given up what it was told to give up before (checked above), but the target has changed meanwhile, and it
    // is to give up more. So it advances to the next epoch, if the target's is greater than its own.
    if (current.state == MemberState::unrevoked && current.epoch < target.epoch) {
      next.epoch = current.epoch + 1;
      next.previous_epoch = current.epoch;
    }
    return next;
  }
  next.revoking.clear();
  next.epoch = target.epoch;
  next.previous_epoch = current.epoch == target.epoch ? current.previous_epoch : current.epoch;
  for (const auto& [topic, partitions] : wanted)
    for (auto partition : partitions) {
      auto kept = next.assigned.find(topic);
      if (kept != next.assigned.end() && kept->second.contains(partition)) continue;
      if (taken(topic, partition))
        next.state = MemberState::unreleased;
      else
        next.assigned[topic][partition] = target.epoch;
    }
  return next;
}

}  // namespace fulmar
