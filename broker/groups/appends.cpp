// Appends and their results: the answers that wait for them, the changes that take effect when they are committed, and
// those that are undone when they fail.
#include <algorithm>

#include "broker/coordinator/append_error.h"
#include "broker/groups/coordinator.h"
#include "runtime/base/assert.h"

namespace fulmar {

namespace {

constexpr std::size_t overhead = 64;

std::size_t bytes_of_value(const OffsetCommitValue& value) {
  return value.metadata.size();
}

std::size_t bytes_of_value(const GroupMetadataValue& value) {
  std::size_t bytes = 0;
  for (const auto& member : value.members)
    bytes += overhead + member.member_id.size() + member.client_id.size() + member.subscription.size() +
             member.assignment.size();
  return bytes;
}

std::size_t bytes_of_value(const ConsumerMember& value) {
  std::size_t bytes = value.instance_id.value_or("").size() + value.rack_id.value_or("").size() +
                      value.client_id.size() + value.client_host.size() +
                      value.subscribed_topic_regex.value_or("").size() + value.server_assignor.value_or("").size();
  for (const auto& topic : value.subscribed_topic_names) bytes += topic.size() + 3;
  return bytes;
}

template <class Topics>
std::size_t bytes_of_partitions(const Topics& topics) {
  std::size_t bytes = 0;
  for (const auto& topic : topics) bytes += 24 + 8 * topic.partitions.size();
  return bytes;
}

std::size_t bytes_of_value(const ConsumerGroupTargetAssignmentMemberValue& value) {
  return bytes_of_partitions(value.topic_partitions);
}

std::size_t bytes_of_value(const ConsumerGroupCurrentMemberAssignmentValue& value) {
  return bytes_of_partitions(value.assigned_partitions) + bytes_of_partitions(value.partitions_pending_revocation);
}

std::size_t bytes_of_value(const ConsumerGroupRegularExpressionValue& value) {
  std::size_t bytes = 0;
  for (const auto& topic : value.topics) bytes += topic.size() + 3;
  return bytes;
}

std::size_t bytes_of_value(const ConsumerGroupMetadataValue&) {
  return 0;
}

std::size_t bytes_of_value(const ConsumerGroupTargetAssignmentMetadataValue&) {
  return 0;
}

std::size_t bytes_of_key(const OffsetCommitKey& key) {
  return key.topic.size();
}

template <class Key>
std::size_t bytes_of_key(const Key& key) {
  if constexpr (requires { key.member_id; }) return key.member_id.size();
  if constexpr (requires { key.regular_expression; }) return key.regular_expression.size();
  return 0;
}

}  // namespace

std::size_t bytes_of(const StateRecord& record) {
  return std::visit(
      [](const auto& typed) {
        return overhead + typed.key.group_id.size() + bytes_of_key(typed.key) +
               (typed.value ? bytes_of_value(*typed.value) : 0);
      },
      record);
}

GroupAnswer with_error(GroupAnswer answer, ErrorCode error) {
  if (auto* commit = std::get_if<OffsetCommitResponse>(&answer.response)) {
    for (auto& topic : commit->topics)
      for (auto& partition : topic.partitions) partition.error_code = error;
  } else if (auto* deletion = std::get_if<OffsetDeleteResponse>(&answer.response)) {
    deletion->error_code = error;
    deletion->topics.clear();
  } else if (auto* groups = std::get_if<DeleteGroupsResponse>(&answer.response)) {
    for (auto& result : groups->results)
      if (result.error_code == ErrorCode::none) result.error_code = error;
  } else if (auto* leave = std::get_if<LeaveGroupResponse>(&answer.response)) {
    leave->error_code = error;
    leave->members.clear();
  } else if (auto* heartbeat = std::get_if<ConsumerGroupHeartbeatResponse>(&answer.response)) {
    *heartbeat = ConsumerGroupHeartbeatResponse{};
    heartbeat->error_code = error;
  } else if (auto* join = std::get_if<JoinGroupResponse>(&answer.response)) {
    auto member = std::move(join->member_id);
    *join = JoinGroupResponse{};
    join->error_code = error;
    join->member_id = std::move(member);
  } else if (auto* sync = std::get_if<SyncGroupResponse>(&answer.response)) {
    *sync = SyncGroupResponse{};
    sync->error_code = error;
  } else if (auto* alive = std::get_if<HeartbeatResponse>(&answer.response)) {
    alive->error_code = error;
  }
  return answer;
}

GroupCoordinator::Pending& GroupCoordinator::append(std::vector<StateRecord> records, std::vector<Effect> effects,
                                                    GroupTime now, const std::optional<TransactionWriter>& writer) {
  FULMAR_ASSERT(phase_ == Phase::active && !records.empty());
  Pending pending;
  pending.id = ++last_append_;
  pending.answer_by = now.instant + settings_.commit_timeout;
  if (writer) pending.producer = writer->producer_id;
  for (const auto& record : records) {
    pending.bytes += bytes_of(record);
    if (const auto* offset = std::get_if<OffsetRecord>(&record)) {
      if (writer)
        transactional_.append(writer->producer_id, *offset, pending.id);
      else
        offsets_.append(*offset, pending.id);
      pending.offsets.push_back(offset->key);
      pending.groups.insert(offset->key.group_id);
    } else {
      pending.groups.insert(group_of(record));
    }
  }
  for (const auto& group : pending.groups) ++find(group)->uncommitted;
  pending.effects = std::move(effects);
  uncommitted_bytes_ += pending.bytes;
  answer_by_.insert({pending.answer_by, pending.id});
  output_.appends.push_back({pending.id, std::move(records), writer});
  pending_.push_back(std::move(pending));
  return pending_.back();
}

void GroupCoordinator::committed(AppendId through, GroupTime now) {
  if (phase_ != Phase::active) return;
  FULMAR_ASSERT(through <= last_append_);
  while (!pending_.empty() && pending_.front().id <= through) {
    Pending pending = std::move(pending_.front());
    pending_.pop_front();
    answer_by_.erase({pending.answer_by, pending.id});
    uncommitted_bytes_ -= pending.bytes;
    for (const auto& key : pending.offsets) commit_offset(key, pending);
    for (const auto& group : pending.groups) find(group)->persisted = true;
    release_groups(pending, ErrorCode::none);
    for (const auto& effect : pending.effects) apply(effect, now);
    for (auto& waiting : pending.answers) output_.answers.push_back(std::move(waiting));
  }
}

void GroupCoordinator::commit_offset(const OffsetCommitKey& key, const Pending& pending) {
  if (pending.producer != no_producer_id) return transactional_.commit(pending.producer, key, pending.id);
  offsets_.commit(key, pending.id);
  bool deleted = !offsets_.committed(key.group_id, key.topic, key.partition);
  if (deleted) transactional_.forget(key, pending.id);
}

void GroupCoordinator::transaction_ended(ProducerId producer, bool commits) {
  if (phase_ == Phase::resigned) return;
  for (const auto& [key, ended] : transactional_.end(producer)) {
    if (!commits) continue;
    groups_.try_emplace(key.group_id, Group(key.group_id, -1)).first->second.persisted = true;
    offsets_.settle(key, ended);
  }
}

void GroupCoordinator::append_failed(AppendId id, ErrorCode why, GroupTime now) {
  if (phase_ != Phase::active) return;
  auto found = std::ranges::lower_bound(pending_, id, {}, &Pending::id);
  FULMAR_ASSERT(found != pending_.end() && found->id == id);
  Pending pending = std::move(*found);
  pending_.erase(found);
  answer_by_.erase({pending.answer_by, pending.id});
  uncommitted_bytes_ -= pending.bytes;
  ErrorCode error = client_error_of_append(why);
  for (const auto& key : pending.offsets) {
    if (pending.producer != no_producer_id)
      transactional_.drop(pending.producer, key, id);
    else
      offsets_.drop(key, id);
  }
  for (auto effect = pending.effects.rbegin(); effect != pending.effects.rend(); ++effect) undo(*effect, error, now);
  release_groups(pending, error);
  for (auto& waiting : pending.answers) output_.answers.push_back(with_error(std::move(waiting), error));
}

void GroupCoordinator::apply(const Effect& effect, GroupTime now) {
  Group* group = find(effect.group);
  FULMAR_ASSERT(group);
  if (std::holds_alternative<Deleted>(effect.change))
    erase(effect.group);
  else if (const auto* assignment = std::get_if<Assigned>(&effect.change))
    assigned(*group, *assignment, now);
  else if (const auto* replaced = std::get_if<Replaced>(&effect.change))
    answer_replaced(*group, *replaced, now);
  else if (std::holds_alternative<Stepped>(effect.change))
    consumers_.committed(*group, now);
}

// That a group became empty is not undone: no request waits for it; and if it is not in the log, the next coordinator
// loads the generation before, whose members are gone, and their sessions end there.
void GroupCoordinator::undo(const Effect& effect, ErrorCode why, GroupTime now) {
  Group* group = find(effect.group);
  FULMAR_ASSERT(group);
  if (const auto* deleted = std::get_if<Deleted>(&effect.change)) {
    group->move_to(GroupState::empty, deleted->state_since);
  } else if (const auto* assignment = std::get_if<Assigned>(&effect.change)) {
    if (group->assigning != assignment->generation) return;  // another rebalance has begun
    group->assigning.reset();
    cancel_syncs(*group, why, now);
    rebalance_or_complete(*group, std::string("storing the assignment failed: ") + error_code_name(why), now);
  } else if (const auto* replaced = std::get_if<Replaced>(&effect.change)) {
    undo_replaced(*group, *replaced, why, now);
  } else if (std::holds_alternative<Stepped>(effect.change)) {
    consumers_.failed(*group, why, now);
  }
}

void GroupCoordinator::release_groups(const Pending& pending, ErrorCode why) {
  for (const auto& id : pending.groups) {
    Group* group = find(id);
    FULMAR_ASSERT(group && group->uncommitted > 0);
    if (--group->uncommitted > 0 || group->persisted) continue;
    tell_waiting(*group, why);
    erase(id);
  }
}

void GroupCoordinator::tell_waiting(Group& group, ErrorCode error) {
  if (group.consumer) return consumers_.late(group, error);
  group.each_member([&](Member& member) {
    if (auto token = group.take_join(member)) answer_join_error(*token, error, member.id);
    if (auto token = std::exchange(member.sync_token, std::nullopt)) answer_sync_error(*token, error);
  });
}

// The records may still be committed, and take effect then; only the waiting requests are answered now.
void GroupCoordinator::give_up_waiting(Pending& pending, GroupTime now) {
  constexpr ErrorCode late = ErrorCode::coordinator_not_available;
  for (auto& waiting : std::exchange(pending.answers, {}))
    output_.answers.push_back(with_error(std::move(waiting), late));
  for (const auto& effect : pending.effects) {
    Group* group = find(effect.group);
    FULMAR_ASSERT(group);
    if (const auto* assignment = std::get_if<Assigned>(&effect.change)) {
      if (group->assigning != assignment->generation) continue;
      group->each_member([&](Member& member) {
        if (!member.awaits_sync()) return;
        answer_sync_error(*std::exchange(member.sync_token, std::nullopt), late);
        restart_session(*group, member, now);
      });
    } else if (const auto* replaced = std::get_if<Replaced>(&effect.change)) {
      Member* member = group->member(replaced->new_id);
      if (!member || !group->in(GroupState::stable)) continue;
      if (auto token = group->take_join(*member)) {
        answer_join_error(*token, late);
        restart_session(*group, *member, now);
      }
    } else if (std::holds_alternative<Stepped>(effect.change)) {
      consumers_.late(*group, late);
    }
  }
}

void GroupCoordinator::tell_late_answers(GroupTime now) {
  while (!answer_by_.empty() && answer_by_.begin()->first <= now.instant) {
    AppendId id = answer_by_.begin()->second;
    answer_by_.erase(answer_by_.begin());
    auto pending = std::ranges::lower_bound(pending_, id, {}, &Pending::id);
    FULMAR_ASSERT(pending != pending_.end() && pending->id == id);
    give_up_waiting(*pending, now);
  }
}

void GroupCoordinator::erase(const std::string& group) {
  FULMAR_ASSERT(!offsets_.of(group));
  timers_.cancel_group(group);
  groups_.erase(group);
}

}  // namespace fulmar
