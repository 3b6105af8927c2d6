// A group with members becomes of the other kind (KIP-848, online migration): a classic group of consumers when the
// first member of the consumer protocol joins it, and a consumer group once only classic members are left. Members keep
// what they have, so that nobody stops for it; how far they then are from what is aimed at is a rebalance as any other.
//
// Either way one append says all of it, and until that is committed requests wait. A group that could not be written as
// what it was to become stays what it was.
#include <algorithm>
#include <utility>

#include "broker/groups/consumer_groups.h"
#include "broker/groups/coordinator.h"
#include "broker/protocol/messages/consumer_protocol.h"

namespace fulmar {

namespace {

// The protocol that a classic group of these members has: the first of the first one's that all know.
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

// Who has which partition, by what the members of a classic group were assigned and say that they have.
//
// A cooperative member still has what it said when it joined, beside what it is assigned: that it is to give something
// up it learns from an answer to SyncGroup, which may not have come. So that counts as what it was told to give up, and
// is nobody else's until it joins again without it; and where a rebalance was begun anew, so that nobody is assigned
// anything, it is what the member has. Kafka looks at assignments only, and gives away what members still read.
class Owners {
 public:
  void assign(CurrentAssignment& current, const PartitionSets& assigned) {
    claim(assigned,
          [&](const Uuid& topic, std::int32_t partition) { current.assigned[topic][partition] = current.epoch; });
  }
  // After all are assigned: what nobody was assigned is whose claim is of the latest generation.
  void keep(CurrentAssignment& current, const PartitionSets& owned) {
    claim(owned, [&](const Uuid& topic, std::int32_t partition) {
      current.revoking[topic][partition] = current.epoch;
      current.state = MemberState::unrevoked;
    });
  }

 private:
  // A partition that is claimed twice is the first one's: the other learns it when it joins again.
  template <class F>
  void claim(const PartitionSets& claimed, F&& f) {
    for (const auto& [topic, partitions] : claimed)
      for (auto partition : partitions)
        if (taken_.insert({topic, partition}).second) f(topic, partition);
  }

  std::set<std::pair<Uuid, std::int32_t>> taken_;
};

}  // namespace

// What a classic group is as a consumer group. Errors: corrupt, if what members say can't be read.
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

// Errors: the client is told them.
std::optional<ConsumerGroups::Refusal> ConsumerGroups::upgrade(Group& group, CoordinatorTime now) {
  const auto& settings = coordinator_.settings_;
  auto not_one = [&](const std::string& why) {
    return Refusal{ErrorCode::group_id_not_found, "Group " + group.id() + " is not a consumer group" + why + "."};
  };
  if (!settings.consumer_upgrade || group.protocol_type() != consumer_protocol_type) return not_one("");
  if (group.members().size() >= settings.consumer_group_size_max)
    return Refusal{ErrorCode::group_max_size_reached, "The group has as many members as a consumer group may have."};
  // It is about to be something that is not known yet: its first generation, or what is being written.
  bool unfinished =
      group.uncommitted > 0 && std::ranges::any_of(coordinator_.pending_, [&](const auto& pending) {
        return std::ranges::any_of(pending.effects, [&](const auto& effect) { return effect.group == group.id(); });
      });
  if (group.generation() == 0 || group.members().empty() || unfinished)
    return Refusal{ErrorCode::coordinator_not_available, ""};
  auto records = as_consumer_group(group);
  if (!records) return not_one(": what its members say can't be read");

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
  coordinator_.note(group, "is a consumer group now, with " + std::to_string(before.members().size()) +
                               " members of the classic protocol");
  coordinator_.tell_waiting(before, ErrorCode::rebalance_in_progress);
  loaded(group, now);
}

void ConsumerGroups::undo_upgrade(Group& group, ConsumerGroup::Upgrade upgrade, ErrorCode why, CoordinatorTime now) {
  auto waiting = std::move(group.consumer->waiting);
  upgrade.before->uncommitted = group.uncommitted;
  group = std::move(*upgrade.before);
  coordinator_.note(group,
                    std::string("stays a classic group, since that it is to be a consumer group can't be written: ") +
                        error_code_name(why));
  for (const auto& [key, at] : upgrade.timers) coordinator_.timers_.set(key, at);
  // Nobody was heard of meanwhile.
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

// What a consumer group of classic members is as a classic group, and what each has as its assignment. nullopt: there
// is no protocol that all members know.
std::optional<GroupMetadataValue> ConsumerGroups::as_classic_group(const ConsumerGroup& group,
                                                                   CoordinatorTime now) const {
  auto protocol = common_protocol(group);
  if (!protocol) return std::nullopt;
  // Those who came furthest learn by their next heartbeat that it rebalances, and may commit until then;
  // the others belong to no generation any more, and join as well.
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
  step.undo.emplace_back();  // it is what it was until this is committed
  step.downgraded = std::make_shared<Group>(std::move(*made));
  hand_out(group, now);
  return true;
}

void ConsumerGroups::downgraded(Group& group, Group classic, CoordinatorTime now) {
  auto waiting = std::move(group.consumer->waiting);
  classic.uncommitted = group.uncommitted;
  coordinator_.timers_.cancel_group(group.id());
  group = std::move(classic);
  group.each_member([&](Member& member) { coordinator_.restart_session(group, member, now); });
  coordinator_.prepare_rebalance(group, "it is a classic group again: only classic members are left", now);
  for (auto& one : waiting)
    if (one.again) one.again(now);
}

}  // namespace fulmar
