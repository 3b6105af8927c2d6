// The target assignment of a consumer group, and the group's epoch, which rises whenever something changes that the
// target assignment depends on.
#include <limits>

#include "broker/groups/consumer_groups.h"
#include "broker/groups/coordinator.h"

namespace fulmar {

namespace {

// FNV-1a.
class Hash {
 public:
  void add(std::string_view text) {
    for (char c : text) add_byte(static_cast<std::uint8_t>(c));
    add_byte(0xff);
  }
  void add(std::uint64_t number) {
    for (int shift = 0; shift < 64; shift += 8) add_byte(static_cast<std::uint8_t>(number >> shift));
  }
  std::int64_t value() const { return static_cast<std::int64_t>(state_); }

 private:
  void add_byte(std::uint8_t byte) { state_ = (state_ ^ byte) * 0x100000001b3; }

  std::uint64_t state_ = 0xcbf29ce484222325;
};

}  // namespace

// The hash of everything about the topics that an assignment depends on. 0: none of the topics exists.
std::int64_t ConsumerGroups::hash_of_subscribed(const ConsumerGroup& group) const {
  Hash hash;
  bool any = false;
  for (const auto& name : group.subscribed_topics()) {
    auto topic = topics_ ? topics_->find(name) : std::nullopt;
    if (!topic) continue;
    any = true;
    hash.add(name);
    hash.add(topic->id.high);
    hash.add(topic->id.low);
    hash.add(static_cast<std::uint64_t>(topic->shape.partitions));
    for (const auto& racks : topic->shape.racks) {
      hash.add(racks.size());
      for (const auto& rack : racks) hash.add(rack);
    }
  }
  return any ? hash.value() : 0;
}

void ConsumerGroups::refresh(Step& step, bool changed) {
  auto& group = step.group;
  if (!changed && group.topics_seen == topics_version_ && group.epoch() > 0) return;
  auto hash = hash_of_subscribed(group);
  group.topics_seen = topics_version_;
  if (!changed && hash == group.metadata_hash() && group.epoch() > 0) return;
  // After the greatest epoch comes 1; members in greater epochs are then fenced, and join again.
  auto epoch = group.epoch() == std::numeric_limits<std::int32_t>::max() ? 1 : group.epoch() + 1;
  step.put(EpochRecord{{step.shell.id()}, ConsumerGroupMetadataValue{epoch, hash}});
}

bool ConsumerGroups::may_assign(const ConsumerGroup& group, CoordinatorTime now) const {
  // By the wall clock, since another coordinator may have made the last assignment. If the clock was set back, there is
  // no delay.
  auto since = now.wall - group.target_timestamp();
  return since < 0 || since >= coordinator_.settings_.consumer_assignment_interval.count();
}

void ConsumerGroups::assign(Step& step, CoordinatorTime now) {
  auto& group = step.group;
  const auto& id = step.shell.id();
  AssignorInput input;
  std::map<std::string, Uuid> ids;
  for (const auto& name : group.subscribed_topics())
    if (auto topic = topics_ ? topics_->find(name) : std::nullopt) {
      ids.emplace(name, topic->id);
      input.topics.emplace(topic->id, std::move(topic->shape));
    }
  for (const auto& [member, said] : group.members()) {
    auto& entry = input.members[member];
    entry.instance_id = said.instance_id;
    entry.rack = said.rack_id;
    entry.current = group.target(member);
    for (const auto& name : group.topics_of(said))
      if (auto known = ids.find(name); known != ids.end()) entry.topics.insert(known->second);
  }
  auto name = group.preferred_assignor();
  if (name.empty() || !find_assignor(name)) name = coordinator_.settings_.consumer_assignors.front();
  auto assignments = find_assignor(name)(input);
  for (const auto& [member, target] : assignments) {
    const auto* before = group.target(member);
    if (before ? *before != target : !target.empty()) step.put(TargetRecord{{id, member}, value_of(target)});
  }
  step.put(TargetEpochRecord{{id}, ConsumerGroupTargetAssignmentMetadataValue{group.epoch(), now.wall}});
  coordinator_.note(step.shell, "epoch " + std::to_string(group.epoch()) + " is assigned to " +
                                    std::to_string(assignments.size()) + " members by " + name);
}

void ConsumerGroups::reconcile_member(Step& step, const std::string& member,
                                      const std::optional<PartitionSets>& owned) {
  auto& group = step.group;
  const auto& current = group.current(member);
  auto next = reconcile(current, {group.target_epoch(), group.target(member)}, owned,
                        [&](const Uuid& topic, std::int32_t partition) {
                          const auto* owner = group.owner(topic, partition);
                          return owner && *owner != member;
                        });
  if (next != current) step.put(CurrentRecord{{step.shell.id(), member}, value_of(next)});
}

}  // namespace fulmar
