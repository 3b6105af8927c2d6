// Online migration (KIP-848): a group with members becomes the other kind. A classic group of consumers becomes a
// consumer group when the first member with the consumer protocol joins; a consumer group becomes a classic group when
// only classic members are left. Members keep their partitions, so that they need not stop consuming; the rebalance
// that follows is like any other.
//
// The change is one append; until it is committed, requests wait. If the append fails, the group stays what it was.
#include <algorithm>
#include <utility>

#include "broker/groups/consumer_groups.h"
#include "broker/groups/coordinator.h"
#include "broker/protocol/messages/consumer_protocol.h"
#include "runtime/base/mark.h"

namespace fulmar {

namespace {

// The protocol of the classic group: of those that the first member supports, the first that all members support.
std::optional<std::string> common_protocol(const ConsumerGroup& group) {
  for (const auto& protocol : group.members().begin()->second.classic_member_metadata->supported_protocols) {
    bool common = std::ranges::all_of(group.members(), [&](const auto& entry) {
      const auto& known = entry.second.classic_member_metadata->supported_protocols;
      return std::ranges::find(known, protocol.name, &ConsumerGroupClassicMember::Protocol::name) != known.end();
    });
    if (common) return protocol.name;
  }
  return std::nullopt;
}

ConsumerMember as_consumer_member(const Member& member, const ConsumerProtocolSubscription& subscription) {
  ConsumerMember said;
  said.instance_id = member.instance_id;
  said.rack_id = subscription.rack_id;
  said.client_id = member.client_id;
  said.client_host = member.client_host;
  std::set<std::string> names(subscription.topics.begin(), subscription.topics.end());
  said.subscribed_topic_names.assign(names.begin(), names.end());
  said.rebalance_timeout_ms = static_cast<std::int32_t>(member.rebalance_timeout().count());
  auto& classic = said.classic_member_metadata.emplace();
  classic.session_timeout_ms = static_cast<std::int32_t>(member.session_timeout.count());
  for (const auto& protocol : member.protocols())
    classic.supported_protocols.push_back({protocol.name, protocol.metadata});
  return said;
}

// Which member has which partitions, by the assignments of a classic group and what its members report to have.
//
// A member with a cooperative protocol may still have partitions that it reported when it joined and that its
// assignment lacks: it learns that it has to give them up from the response to SyncGroup, which it may not have
// received. So these count as partitions that it is to give up, and no other member gets them until it joins again
// without them. If a rebalance was restarted, so that no member has an assignment, they count as assigned to it. Kafka
// uses the assignments only, and gives away partitions that members still consume.
class Owners {
 public:
  void assign(CurrentAssignment& current, const PartitionSets& assigned) {
    claim(assigned,
          [&](const Uuid& topic, std::int32_t partition) { current.assigned[topic][partition] = current.epoch; });
  }
  // For partitions that are not assigned. If several members report one, it belongs to the one that reports the latest
  // generation; so call this in that order, after all calls of assign().
  void keep(CurrentAssignment& current, const PartitionSets& owned) {
    claim(owned, [&](const Uuid& topic, std::int32_t partition) {
      FULMAR_MARK("groups: partition kept through an upgrade, to be given up");
      current.revoking[topic][partition] = current.epoch;
      current.state = MemberState::unrevoked;
    });
  }

 private:
  // A partition that is claimed twice belongs to the first member; the other gives it up when it joins again.
  template <class F>
  void claim(const PartitionSets& claimed, F&& f) {
    for (const auto& [topic, partitions] : claimed)
      for (auto partition : partitions)
        if (taken_.insert({topic, partition}).second) f(topic, partition);
  }

  std::set<std::pair<Uuid, std::int32_t>> taken_;
};

}  // namespace

// The records that make a classic group a consumer group. Errors: corrupt, if a member's subscription or assignment
// can't be read.
Result<std::vector<StateRecord>> ConsumerGroups::as_consumer_group(const Group& group) const {
  const auto epoch = group.generation();
  std::vector<StateRecord> records{GroupRecord{{group.id()}, std::nullopt}};
  std::map<std::string, CurrentAssignment> currents;
  struct Claim {
    std::string member;
    PartitionSets owned;
    bool keeps;
  };
  std::multimap<std::int32_t, Claim, std::greater<>> claims;  // by generation
  Owners owners;
  for (const auto& [id, member] : group.members()) {
    const Bytes* metadata = group.protocol() ? member.metadata(*group.protocol()) : nullptr;
    if (!metadata) metadata = &member.protocols().front().metadata;
    FULMAR_TRY(auto subscription, read_consumer_subscription(*metadata));
    ConsumerProtocolAssignment assignment;
    if (!member.assignment.empty()) {
      FULMAR_TRY(assignment, read_consumer_assignment(member.assignment));
    }
    auto& current = currents[id];
    current.epoch = current.previous_epoch = epoch;
    owners.assign(current, by_id(assignment.assigned_partitions));
    bool keeps = member.assignment.empty() && !group.in(GroupState::stable);
    claims.insert({subscription.generation_id, {id, by_id(subscription.owned_partitions), keeps}});
    records.push_back(ConsumerMemberRecord{{group.id(), id}, as_consumer_member(member, subscription)});
  }
  for (const auto& [generation, claim] : claims) {
    auto& current = currents[claim.member];
    claim.keeps ? owners.assign(current, claim.owned) : owners.keep(current, claim.owned);
  }
  for (const auto& [id, current] : currents) {
    records.push_back(TargetRecord{{group.id(), id}, value_of(partitions_of(current.assigned))});
    records.push_back(CurrentRecord{{group.id(), id}, value_of(current)});
  }
  records.push_back(EpochRecord{{group.id()}, ConsumerGroupMetadataValue{epoch, 0}});
  records.push_back(TargetEpochRecord{{group.id()}, ConsumerGroupTargetAssignmentMetadataValue{epoch, 0}});
  return records;
}

// The errors are for the client whose heartbeat asks for it.
std::optional<ConsumerGroups::Refusal> ConsumerGroups::upgrade(Group& group, CoordinatorTime now) {
  const auto& settings = coordinator_.settings_;
  auto not_one = [&](const std::string& why) {
    return Refusal{ErrorCode::group_id_not_found, "Group " + group.id() + " is not a consumer group" + why + "."};
  };
  if (!settings.consumer_upgrade || group.protocol_type() != consumer_protocol_type) return not_one("");
  if (group.members().size() >= settings.consumer_group_size_max)
    return Refusal{ErrorCode::group_max_size_reached, "The group has as many members as a consumer group may have."};
  // Its next state is not known yet: it has no generation, or a record of it is being appended.
  bool unfinished =
      group.uncommitted > 0 && std::ranges::any_of(coordinator_.pending_, [&](const auto& pending) {
        return std::ranges::any_of(pending.effects, [&](const auto& effect) { return effect.group == group.id(); });
      });
  if (group.generation() == 0 || group.members().empty() || unfinished) {
    FULMAR_MARK("groups: upgrade has to wait");
    return Refusal{ErrorCode::coordinator_not_available, ""};
  }
  auto records = as_consumer_group(group);
  if (!records) {
    FULMAR_MARK("groups: upgrade impossible");
    return not_one(": what its members say can't be read");
  }

  auto before = std::make_shared<Group>(std::move(group));
  group = Group(before->id(), now.wall);
  group.persisted = before->persisted;
  group.uncommitted = before->uncommitted;
  group.consumer = std::make_shared<ConsumerGroup>();
  Step made{group, *group.consumer};
  for (auto& record : *records) made.put(std::move(record));
  auto& step = group.consumer->step.emplace();
  step.records.push_back(std::move(made.records));
  step.undo.push_back(std::move(made.undo));
  step.upgrade = {std::move(before), coordinator_.timers_.cancel_group(group.id())};
  hand_out(group, now);
  return std::nullopt;
}

void ConsumerGroups::upgraded(Group& group, Group& before, CoordinatorTime now) {
  FULMAR_MARK("groups: upgraded");
  coordinator_.note(group, "is a consumer group now, with " + std::to_string(before.members().size()) +
                               " members of the classic protocol");
  coordinator_.tell_waiting(before, ErrorCode::rebalance_in_progress);
  loaded(group, now);
}

void ConsumerGroups::undo_upgrade(Group& group, ConsumerGroup::Upgrade upgrade, ErrorCode why, CoordinatorTime now) {
  auto waiting = std::move(group.consumer->waiting);
  FULMAR_MARK("groups: upgrade undone");
  upgrade.before->uncommitted = group.uncommitted;
  group = std::move(*upgrade.before);
  coordinator_.note(group,
                    std::string("stays a classic group, since that it is to be a consumer group can't be written: ") +
                        error_code_name(why));
  for (const auto& [key, at] : upgrade.timers) coordinator_.timers_.set(key, at);
  // Heartbeats were not counted meanwhile.
  group.each_member([&](Member& member) {
    if (member.session_deadline < now.instant + member.session_timeout)
      coordinator_.restart_session(group, member, now);
  });
  for (auto& one : waiting) {
    bool of_consumer = one.otherwise && std::holds_alternative<ConsumerGroupHeartbeatResponse>(one.otherwise->response);
    if (of_consumer)
      coordinator_.output_.answers.push_back(with_error(std::move(*one.otherwise), why));
    else if (one.again)
      one.again(now);
  }
}

// The record of a classic group with the members of this consumer group, which are all classic, and their current
// assignments. nullopt: no protocol is supported by all members.
std::optional<GroupMetadataValue> ConsumerGroups::as_classic_group(const ConsumerGroup& group,
                                                                   CoordinatorTime now) const {
  auto protocol = common_protocol(group);
  if (!protocol) {
    FULMAR_MARK("groups: no common protocol to downgrade to");
    return std::nullopt;
  }
  // The greatest member epoch becomes the generation. Members in this epoch learn of the rebalance from their next
  // heartbeat, and may commit until then; the others are in an old generation, and have to join again too.
  std::int32_t generation = 0;
  for (const auto& [id, member] : group.members()) generation = std::max(generation, group.current(id).epoch);
  GroupMetadataValue said{consumer_protocol_type, generation, protocol, std::nullopt, now.wall, {}};
  for (const auto& [id, member] : group.members()) {
    ConsumerProtocolAssignment has;
    for (const auto& [topic, partitions] : group.current(id).assigned) {
      auto name = topics_ ? topics_->name_of(topic) : "";
      if (name.empty()) continue;  // it was deleted
      has.assigned_partitions.push_back({std::move(name), {}});
      for (auto [partition, epoch] : partitions) has.assigned_partitions.back().partitions.push_back(partition);
    }
    const auto& classic = *member.classic_member_metadata;
    said.members.push_back(
        {id, member.instance_id, member.client_id, member.client_host, member.rebalance_timeout_ms,
         classic.session_timeout_ms,
         std::ranges::find(classic.supported_protocols, *protocol, &ConsumerGroupClassicMember::Protocol::name)
             ->metadata,
         write_consumer_assignment(has, ConsumerProtocolAssignment::schema.min)});
  }
  return said;
}

bool ConsumerGroups::downgrade(Group& group, CoordinatorTime now) {
  auto& consumer = *group.consumer;
  if (!coordinator_.settings_.consumer_downgrade || !consumer.all_classic() ||
      consumer.members().size() > coordinator_.settings_.group_size_max)
    return false;
  auto said = as_classic_group(consumer, now);
  auto made = said ? Group::from_snapshot(group.id(), *said) : fail(Errc::unsupported, "no common protocol");
  if (!made) return false;
  const auto& id = group.id();
  std::vector<StateRecord> records;
  for (const auto& [expression, value] : consumer.patterns())
    records.push_back(PatternRecord{{id, expression}, std::nullopt});
  for (const auto& [member_id, member] : consumer.members()) {
    records.push_back(CurrentRecord{{id, member_id}, std::nullopt});
    records.push_back(TargetRecord{{id, member_id}, std::nullopt});
    records.push_back(ConsumerMemberRecord{{id, member_id}, std::nullopt});
    JoinProtocols protocols;
    for (const auto& known : member.classic_member_metadata->supported_protocols)
      protocols.push_back({known.name, known.metadata});
    auto& there = *made->member(member_id);
    made->update(there, std::move(protocols), there.rebalance_timeout(), there.session_timeout);
  }
  records.push_back(TargetEpochRecord{{id}, std::nullopt});
  records.push_back(EpochRecord{{id}, std::nullopt});
  records.push_back(GroupRecord{{id}, std::move(*said)});
  auto& step = consumer.step.emplace();
  step.records.push_back(std::move(records));
  step.undo.emplace_back();  // the consumer group does not change until this is committed
  step.downgraded = std::make_shared<Group>(std::move(*made));
  hand_out(group, now);
  return true;
}

void ConsumerGroups::downgraded(Group& group, Group classic, CoordinatorTime now) {
  auto waiting = std::move(group.consumer->waiting);
  FULMAR_MARK("groups: downgraded");
  classic.uncommitted = group.uncommitted;
  coordinator_.timers_.cancel_group(group.id());
  group = std::move(classic);
  group.each_member([&](Member& member) { coordinator_.restart_session(group, member, now); });
  coordinator_.prepare_rebalance(group, "it is a classic group again: only classic members are left", now);
  for (auto& one : waiting)
    if (one.again) one.again(now);
}

}  // namespace fulmar
