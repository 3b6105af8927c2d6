#include "broker/groups/group.h"

#include <algorithm>
#include <limits>

#include "broker/protocol/reader.h"
#include "runtime/base/assert.h"
#include "runtime/base/result.h"

namespace fulmar {
namespace {

bool may_follow(GroupState from, GroupState to) {
  switch (to) {
    case GroupState::empty: return from == GroupState::preparing_rebalance || from == GroupState::dead;
    case GroupState::preparing_rebalance: return from != GroupState::preparing_rebalance && from != GroupState::dead;
    case GroupState::completing_rebalance: return from == GroupState::preparing_rebalance;
    case GroupState::stable: return from == GroupState::completing_rebalance;
    case GroupState::dead: return from == GroupState::empty;
  }
  return false;
}

std::int32_t timeout_ms(milliseconds timeout) {
  return static_cast<std::int32_t>(
      std::clamp<std::int64_t>(timeout.count(), 0, std::numeric_limits<std::int32_t>::max()));
}

}  // namespace

const char* group_state_name(GroupState state) {
  switch (state) {
    case GroupState::empty: return "Empty";
    case GroupState::preparing_rebalance: return "PreparingRebalance";
    case GroupState::completing_rebalance: return "CompletingRebalance";
    case GroupState::stable: return "Stable";
    case GroupState::dead: return "Dead";
  }
  FULMAR_UNREACHABLE();
}

JoinProtocols keep_protocols(const JoinProtocols& protocols) {
  JoinProtocols kept;
  std::set<std::string> names;
  for (const auto& protocol : protocols)
    if (names.insert(protocol.name).second) kept.push_back({protocol.name, Bytes::copy_of(protocol.metadata.view())});
  return kept;
}

bool same_protocols(const JoinProtocols& a, const JoinProtocols& b) {
  return std::ranges::equal(a, b,
                            [](const auto& x, const auto& y) { return x.name == y.name && x.metadata == y.metadata; });
}

const Bytes* Member::metadata(const std::string& protocol) const {
  for (const auto& known : protocols_)
    if (known.name == protocol) return &known.metadata;
  return nullptr;
}

// All versions of a consumer's subscription begin with the version and the topics.
std::optional<std::set<std::string>> Member::subscribed_topics(const std::string& protocol) const {
  const Bytes* known = metadata(protocol);
  if (!known) return std::nullopt;
  Reader reader(*known);
  std::set<std::string> topics;
  if (reader.int16() < 0) return std::nullopt;
  auto count = reader.array_count(false);
  if (!count) return std::nullopt;
  for (std::size_t i = 0; i < *count && !reader.failed(); ++i) {
    auto topic = reader.nullable_string(false);
    if (!topic) return std::nullopt;
    topics.emplace(*topic);
  }
  if (reader.failed()) return std::nullopt;
  return topics;
}

void Group::move_to(GroupState state, Timestamp now) {
  FULMAR_ASSERT(may_follow(state_, state));
  state_ = state;
  state_since_ = now;
}

void Group::is_empty_since(Timestamp now) {
  FULMAR_ASSERT(in(GroupState::empty));
  state_since_ = now;
}

Member* Group::member(const std::string& id) {
  auto found = members_.find(id);
  return found == members_.end() ? nullptr : &found->second;
}

const std::string* Group::static_member(const std::string& instance_id) const {
  auto found = static_members_.find(instance_id);
  return found == static_members_.end() ? nullptr : &found->second;
}

milliseconds Group::rebalance_timeout() const {
  return rebalance_timeouts_.empty() ? milliseconds(0) : rebalance_timeouts_.rbegin()->first;
}

void Group::count(const Member& member, int by) {
  auto change = [by](auto& counts, const auto& key) {
    auto& number = counts[key];
    number += static_cast<std::size_t>(by);
    if (number == 0) counts.erase(key);
  };
  for (const auto& protocol : member.protocols_) change(supporters_, protocol.name);
  change(rebalance_timeouts_, member.rebalance_timeout_);
  if (member.join_token_) count_awaiting(member, by);
}

void Group::count_awaiting(const Member& member, int by) {
  awaiting_join_ += static_cast<std::size_t>(by);
  if (member.instance_id) awaiting_static_ += static_cast<std::size_t>(by);
}

Member& Group::add(Member member, JoinProtocols protocols, milliseconds rebalance_timeout, const std::string& type) {
  FULMAR_ASSERT(!members_.contains(member.id) && supports(type, protocols));
  if (member.instance_id) FULMAR_ASSERT(static_members_.emplace(*member.instance_id, member.id).second);
  if (members_.empty()) protocol_type_ = type;
  if (!leader_) leader_ = member.id;
  pending_joins.erase(member.id);
  member.protocols_ = std::move(protocols);
  member.rebalance_timeout_ = rebalance_timeout;
  count(member, 1);
  auto id = member.id;
  return members_.emplace(std::move(id), std::move(member)).first->second;
}

std::optional<Member> Group::remove(const std::string& id) {
  pending_syncs.erase(id);
  auto node = members_.extract(id);
  if (!node) return std::nullopt;
  Member& member = node.mapped();
  count(member, -1);
  if (member.instance_id) static_members_.erase(*member.instance_id);
  if (is_leader(id)) members_.empty() ? leader_.reset() : void(leader_ = members_.begin()->first);
  return std::move(member);
}

Member Group::replace(const std::string& old_id, const std::string& new_id) {
  auto node = members_.extract(old_id);
  FULMAR_ASSERT(node && node.mapped().instance_id && !members_.contains(new_id));
  Member old = node.mapped();
  Member& member = node.mapped();
  count(member, -1);
  member.id = new_id;
  member.is_new = false;
  member.join_token_.reset();
  member.sync_token.reset();
  count(member, 1);
  node.key() = new_id;
  members_.insert(std::move(node));
  static_members_[*old.instance_id] = new_id;
  if (is_leader(old_id)) leader_ = new_id;
  if (pending_syncs.erase(old_id) > 0) pending_syncs.insert(new_id);
  return old;
}

void Group::update(Member& member, JoinProtocols protocols, milliseconds rebalance_timeout,
                   milliseconds session_timeout) {
  count(member, -1);
  member.protocols_ = std::move(protocols);
  member.rebalance_timeout_ = rebalance_timeout;
  member.session_timeout = session_timeout;
  count(member, 1);
}

std::optional<GroupToken> Group::await_join(Member& member, GroupToken token) {
  auto before = take_join(member);
  member.join_token_ = token;
  count_awaiting(member, 1);
  return before;
}

std::optional<GroupToken> Group::take_join(Member& member) {
  if (member.join_token_) count_awaiting(member, -1);
  return std::exchange(member.join_token_, std::nullopt);
}

bool Group::supports(const std::string& type, const JoinProtocols& protocols) const {
  if (members_.empty()) return !type.empty() && !protocols.empty();
  return type == protocol_type_ && std::ranges::any_of(protocols, [&](const auto& protocol) {
           auto found = supporters_.find(protocol.name);
           return found != supporters_.end() && found->second == members_.size();
         });
}

std::string Group::select_protocol() const {
  std::map<std::string, std::size_t> votes;
  for (const auto& [id, member] : members_) {
    auto choice = std::ranges::find_if(
        member.protocols_, [&](const auto& protocol) { return supporters_.at(protocol.name) == members_.size(); });
    FULMAR_ASSERT(choice != member.protocols_.end());
    ++votes[choice->name];
  }
  FULMAR_ASSERT(!votes.empty());
  return std::ranges::max_element(votes, {}, [](const auto& entry) { return entry.second; })->first;
}

bool Group::elect_leader() {
  if (leader_ && members_.contains(*leader_) && members_.at(*leader_).awaits_join()) return true;
  for (const auto& [id, member] : members_) {
    if (!member.awaits_join()) continue;
    leader_ = id;
    return true;
  }
  return false;
}

void Group::begin_generation(Timestamp now) {
  // After the greatest generation comes 1; the members of the first generations are long gone.
  generation_ = generation_ == std::numeric_limits<std::int32_t>::max() ? 1 : generation_ + 1;
  if (members_.empty())
    protocol_.reset();
  else
    protocol_ = select_protocol();
  subscribed_topics_ = compute_subscribed_topics();
  pending_syncs.clear();
  initial_remaining.reset();
  member_added = false;
  assigning.reset();
  move_to(members_.empty() ? GroupState::empty : GroupState::completing_rebalance, now);
}

bool Group::is_subscribed(const std::string& topic) const {
  // If the subscriptions of a group of consumers can't be read, the group may be subscribed to any topic.
  return subscribed_topics_ ? subscribed_topics_->contains(topic) : protocol_type_ == consumer_protocol_type;
}

std::optional<std::set<std::string>> Group::compute_subscribed_topics() const {
  if (protocol_type_ != consumer_protocol_type) return std::nullopt;
  std::set<std::string> all;
  for (const auto& [id, member] : members_) {
    auto topics = member.subscribed_topics(*protocol_);
    if (!topics) return std::nullopt;
    all.merge(*topics);
  }
  return all;
}

GroupMetadataValue Group::snapshot(const std::map<std::string, Bytes>* assignments) const {
  GroupMetadataValue snapshot{protocol_type_, generation_, protocol_, leader_, state_since_, {}};
  for (const auto& [id, member] : members_) {
    Bytes assignment = member.assignment;
    if (assignments) {
      auto found = assignments->find(id);
      assignment = found == assignments->end() ? Bytes() : found->second;
    }
    snapshot.members.push_back({id, member.instance_id, member.client_id, member.client_host,
                                timeout_ms(member.rebalance_timeout_), timeout_ms(member.session_timeout),
                                *member.metadata(*protocol_), std::move(assignment)});
  }
  return snapshot;
}

Result<Group> Group::from_snapshot(std::string id, const GroupMetadataValue& snapshot) {
  Group group(std::move(id), snapshot.current_state_timestamp);
  group.persisted = true;
  if (snapshot.generation < 0) return fail(Errc::corrupt, "a group's generation is negative");
  if (!snapshot.members.empty() && (!snapshot.protocol || snapshot.protocol_type.empty()))
    return fail(Errc::corrupt, "a group has members, but no protocol");
  for (const auto& stored : snapshot.members) {
    if (group.members_.contains(stored.member_id) ||
        (stored.group_instance_id && group.static_members_.contains(*stored.group_instance_id)))
      return fail(Errc::corrupt, "a group has the same member twice");
    Member member;
    member.id = stored.member_id;
    member.instance_id = stored.group_instance_id;
    member.client_id = stored.client_id;
    member.client_host = stored.client_host;
    member.session_timeout = milliseconds(std::max(stored.session_timeout_ms, 0));
    member.assignment = Bytes::copy_of(stored.assignment.view());
    milliseconds rebalance(stored.rebalance_timeout_ms < 0 ? std::max(stored.session_timeout_ms, 0)
                                                           : stored.rebalance_timeout_ms);
    group.add(std::move(member), {{*snapshot.protocol, Bytes::copy_of(stored.subscription.view())}}, rebalance,
              snapshot.protocol_type);
  }
  group.generation_ = snapshot.generation;
  group.protocol_type_ = snapshot.protocol_type;
  group.protocol_ = snapshot.protocol;
  // Without a leader, no assignment was made yet (the group was a consumer group before). If the stored leader is not a
  // member, the first member is the leader.
  if (!snapshot.leader || group.members_.contains(*snapshot.leader)) group.leader_ = snapshot.leader;
  if (!group.members_.empty()) group.state_ = GroupState::stable;
  group.subscribed_topics_ = group.compute_subscribed_topics();
  return group;
}

}  // namespace fulmar
