#include "broker/groups/consumer_group.h"

#include <algorithm>
#include <ranges>

#include "runtime/base/assert.h"

namespace fulmar {

namespace {

PartitionSets sets_of(const ConsumerGroupTargetAssignmentMemberValue& value) {
  PartitionSets sets;
  for (const auto& topic : value.topic_partitions)
    for (auto partition : topic.partitions) sets[topic.topic_id].insert(partition);
  return sets;
}

template <class Map, class Key>
auto* find_in(const Map& map, const Key& key) {
  auto found = map.find(key);
  return found == map.end() ? nullptr : &found->second;
}

void change(std::map<std::string, std::size_t>& users, const std::string& key, bool in) {
  auto& number = users[key];
  number += in ? 1 : static_cast<std::size_t>(-1);
  if (number == 0) users.erase(key);
}

}  // namespace

const char* consumer_group_state_name(ConsumerGroupState state) {
  switch (state) {
    case ConsumerGroupState::empty: return "Empty";
    case ConsumerGroupState::assigning: return "Assigning";
    case ConsumerGroupState::reconciling: return "Reconciling";
    case ConsumerGroupState::stable: return "Stable";
  }
  FULMAR_UNREACHABLE();
}

PartitionSets partitions_of(const std::map<Uuid, std::map<std::int32_t, std::int32_t>>& sets) {
  PartitionSets partitions;
  for (const auto& [topic, epochs] : sets)
    for (auto [partition, epoch] : epochs) partitions[topic].insert(partition);
  return partitions;
}

ConsumerGroupTargetAssignmentMemberValue value_of(const PartitionSets& sets) {
  ConsumerGroupTargetAssignmentMemberValue value;
  for (const auto& [topic, partitions] : sets)
    value.topic_partitions.push_back({topic, {partitions.begin(), partitions.end()}});
  return value;
}

const ConsumerMember* ConsumerGroup::member(const std::string& id) const {
  return find_in(members_, id);
}

const CurrentAssignment& ConsumerGroup::current(const std::string& member) const {
  static const CurrentAssignment joining;
  const auto* found = find_in(current_, member);
  return found ? *found : joining;
}

const PartitionSets* ConsumerGroup::target(const std::string& member) const {
  return find_in(targets_, member);
}

const ConsumerGroupRegularExpressionValue* ConsumerGroup::pattern(const std::string& expression) const {
  return find_in(patterns_, expression);
}

ConsumerGroupState ConsumerGroup::state() const {
  if (members_.empty()) return ConsumerGroupState::empty;
  if (epoch_ != target_epoch_) return ConsumerGroupState::assigning;
  bool all_there = std::ranges::all_of(members_, [this](const auto& member) {
    const auto& has = current(member.first);
    return has.state == MemberState::stable && has.epoch == target_epoch_;
  });
  return all_there ? ConsumerGroupState::stable : ConsumerGroupState::reconciling;
}

const std::string* ConsumerGroup::static_member(const std::string& instance_id) const {
  return find_in(static_members_, instance_id);
}

const std::string* ConsumerGroup::owner(const Uuid& topic, std::int32_t partition) const {
  return find_in(owners_, std::pair(topic, partition));
}

std::set<std::string> ConsumerGroup::topics_of(const ConsumerMember& member) const {
  std::set<std::string> topics(member.subscribed_topic_names.begin(), member.subscribed_topic_names.end());
  if (member.subscribed_topic_regex)
    if (const auto* resolved = pattern(*member.subscribed_topic_regex))
      topics.insert(resolved->topics.begin(), resolved->topics.end());
  return topics;
}

std::set<std::string> ConsumerGroup::subscribed_topics() const {
  std::set<std::string> topics;
  for (const auto& [name, users] : topic_users_) topics.insert(topics.end(), name);
  for (const auto& [expression, users] : pattern_users_)
    if (const auto* resolved = pattern(expression)) topics.insert(resolved->topics.begin(), resolved->topics.end());
  return topics;
}

bool ConsumerGroup::is_subscribed(const std::string& topic) const {
  return topic_users_.contains(topic) || std::ranges::any_of(pattern_users_, [&](const auto& used) {
           const auto* resolved = pattern(used.first);
           return resolved && std::ranges::find(resolved->topics, topic) != resolved->topics.end();
         });
}

std::string ConsumerGroup::preferred_assignor() const {
  std::map<std::string, std::size_t> votes;
  for (const auto& [id, member] : members_)
    if (member.server_assignor) ++votes[*member.server_assignor];
  auto most = std::ranges::max_element(votes, {}, [](const auto& entry) { return entry.second; });
  return most == votes.end() ? "" : most->first;
}

void ConsumerGroup::own(const std::string& member, const CurrentAssignment& current, bool owns) {
  for (const auto* sets : {&current.assigned, &current.revoking})
    for (const auto& [topic, partitions] : *sets)
      for (auto [partition, epoch] : partitions) {
        auto owner = owners_.find({topic, partition});
        if (owns)
          owners_.insert_or_assign({topic, partition}, member);
        else if (owner != owners_.end() && owner->second == member)
          owners_.erase(owner);
      }
}

void ConsumerGroup::count(const ConsumerMember& member, const std::string& id, bool in) {
  if (member.instance_id) {
    auto holder = static_members_.find(*member.instance_id);
    if (in)
      static_members_.insert_or_assign(*member.instance_id, id);
    else if (holder != static_members_.end() && holder->second == id)
      static_members_.erase(holder);
  }
  if (member.classic_member_metadata) classic_members_ += in ? 1 : static_cast<std::size_t>(-1);
  for (const auto& topic : member.subscribed_topic_names) change(topic_users_, topic, in);
  if (member.subscribed_topic_regex && !member.subscribed_topic_regex->empty())
    change(pattern_users_, *member.subscribed_topic_regex, in);
}

StateRecord ConsumerGroup::put(const StateRecord& record) {
  StateRecord before = record;
  if (const auto* group = std::get_if<EpochRecord>(&record)) {
    auto& undo = std::get<EpochRecord>(before).value;
    undo.reset();
    if (epoch_ > 0) undo = {epoch_, metadata_hash_};
    epoch_ = group->value ? group->value->epoch : 0;
    metadata_hash_ = group->value ? group->value->metadata_hash : 0;
  } else if (const auto* said = std::get_if<ConsumerMemberRecord>(&record)) {
    auto& undo = std::get<ConsumerMemberRecord>(before).value;
    undo.reset();
    const auto& id = said->key.member_id;
    if (auto known = members_.extract(id)) {
      count(known.mapped(), id, false);
      undo = std::move(known.mapped());
    }
    if (said->value) count(members_.emplace(id, *said->value).first->second, id, true);
  } else if (const auto* aimed = std::get_if<TargetEpochRecord>(&record)) {
    auto& undo = std::get<TargetEpochRecord>(before).value;
    undo.reset();
    if (target_epoch_ > 0) undo = {target_epoch_, target_timestamp_};
    target_epoch_ = aimed->value ? aimed->value->assignment_epoch : 0;
    target_timestamp_ = aimed->value ? aimed->value->assignment_timestamp : 0;
  } else if (const auto* target = std::get_if<TargetRecord>(&record)) {
    auto& undo = std::get<TargetRecord>(before).value;
    undo.reset();
    if (auto known = targets_.extract(target->key.member_id)) undo = value_of(known.mapped());
    if (target->value) targets_.emplace(target->key.member_id, sets_of(*target->value));
  } else if (const auto* now = std::get_if<CurrentRecord>(&record)) {
    auto& undo = std::get<CurrentRecord>(before).value;
    undo.reset();
    const auto& id = now->key.member_id;
    if (auto known = current_.extract(id)) {
      own(id, known.mapped(), false);
      undo = value_of(known.mapped());
    }
    if (now->value) own(id, current_.emplace(id, current_of(*now->value)).first->second, true);
  } else if (const auto* resolved = std::get_if<PatternRecord>(&record)) {
    auto& undo = std::get<PatternRecord>(before).value;
    undo.reset();
    if (auto known = patterns_.extract(resolved->key.regular_expression)) undo = std::move(known.mapped());
    if (resolved->value) patterns_.emplace(resolved->key.regular_expression, *resolved->value);
  }
  return before;
}

std::vector<StateRecord> ConsumerGroup::tombstones(const std::string& id) const {
  FULMAR_ASSERT(empty());
  std::vector<StateRecord> records;
  for (const auto& [expression, value] : patterns_) records.push_back(PatternRecord{{id, expression}, std::nullopt});
  records.push_back(TargetEpochRecord{{id}, std::nullopt});
  records.push_back(EpochRecord{{id}, std::nullopt});
  return records;
}

void ConsumerGroup::tidy() {
  std::erase_if(targets_, [this](const auto& target) { return !members_.contains(target.first); });
  for (auto entry = current_.begin(); entry != current_.end();) {
    if (members_.contains(entry->first)) {
      ++entry;
      continue;
    }
    own(entry->first, entry->second, false);
    entry = current_.erase(entry);
  }
}

ConsumerGroup ConsumerGroup::committed() const {
  ConsumerGroup before = *this;
  if (!step) return before;
  for (const auto& changes : step->undo | std::views::reverse)
    for (const auto& undo : changes | std::views::reverse) before.put(undo);
  return before;
}

}  // namespace fulmar
