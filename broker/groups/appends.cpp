// What becomes of appends: answers that wait for them, changes that become believed with them, and those taken back.
#include <algorithm>

#include "broker/coordinator/append_error.h"
#include "broker/groups/coordinator.h"
#include "runtime/base/assert.h"

namespace fulmar {
namespace {

// Roughly what a record takes, in memory and in the log.
std::size_t bytes_of(const StateRecord& record) {
  constexpr std::size_t overhead = 64;
  if (const auto* offset = std::get_if<OffsetRecord>(&record))
    return overhead + offset->key.group_id.size() + offset->key.topic.size() +
           (offset->value ? offset->value->metadata.size() : 0);
  const auto& group = std::get<GroupRecord>(record);
  std::size_t bytes = overhead + group.key.group_id.size();
  if (group.value)
    for (const auto& member : group.value->members)
      bytes += overhead + member.member_id.size() + member.client_id.size() + member.subscription.size() +
               member.assignment.size();
  return bytes;
}

}  // namespace

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
  } else {
    UNREACHABLE();  // the others wait in their members, not in an append
  }
  return answer;
}

GroupCoordinator::Pending& GroupCoordinator::append(std::vector<StateRecord> records, std::vector<Effect> effects,
                                                    GroupTime now) {
  ASSERT(phase_ == Phase::active && !records.empty());
  Pending pending;
  pending.id = ++last_append_;
  pending.answer_by = now.instant + settings_.commit_timeout;
  for (const auto& record : records) {
    pending.bytes += bytes_of(record);
    if (const auto* offset = std::get_if<OffsetRecord>(&record)) {
      offsets_.append(*offset, pending.id);
      pending.offsets.push_back(offset->key);
      pending.groups.insert(offset->key.group_id);
    } else {
      pending.groups.insert(std::get<GroupRecord>(record).key.group_id);
    }
  }
  for (const auto& group : pending.groups) ++find(group)->uncommitted;
  pending.effects = std::move(effects);
  uncommitted_bytes_ += pending.bytes;
  answer_by_.insert({pending.answer_by, pending.id});
  output_.appends.push_back({pending.id, std::move(records)});
  pending_.push_back(std::move(pending));
  return pending_.back();
}

void GroupCoordinator::committed(AppendId through, GroupTime now) {
  if (phase_ != Phase::active) return;
  ASSERT(through <= last_append_);
  while (!pending_.empty() && pending_.front().id <= through) {
    Pending pending = std::move(pending_.front());
    pending_.pop_front();
    answer_by_.erase({pending.answer_by, pending.id});
    uncommitted_bytes_ -= pending.bytes;
    for (const auto& key : pending.offsets) offsets_.commit(key, pending.id);
    for (const auto& group : pending.groups) find(group)->persisted = true;
    release_groups(pending, ErrorCode::none);
    for (const auto& effect : pending.effects) apply(effect, now);
    for (auto& waiting : pending.answers) output_.answers.push_back(std::move(waiting));
  }
}

void GroupCoordinator::append_failed(AppendId id, ErrorCode why, GroupTime now) {
  if (phase_ != Phase::active) return;
  auto found = std::ranges::lower_bound(pending_, id, {}, &Pending::id);
  ASSERT(found != pending_.end() && found->id == id);
  Pending pending = std::move(*found);
  pending_.erase(found);
  answer_by_.erase({pending.answer_by, pending.id});
  uncommitted_bytes_ -= pending.bytes;
  ErrorCode error = client_error_of_append(why);
  for (const auto& key : pending.offsets) offsets_.drop(key, id);
  for (auto effect = pending.effects.rbegin(); effect != pending.effects.rend(); ++effect) undo(*effect, error, now);
  release_groups(pending, error);
  for (auto& waiting : pending.answers) output_.answers.push_back(with_error(std::move(waiting), error));
}

void GroupCoordinator::apply(const Effect& effect, GroupTime now) {
  Group* group = find(effect.group);
  ASSERT(group);
  if (std::holds_alternative<Deleted>(effect.change))
    erase(effect.group);
  else if (const auto* assignment = std::get_if<Assigned>(&effect.change))
    assigned(*group, *assignment, now);
  else if (const auto* replaced = std::get_if<Replaced>(&effect.change))
    answer_replaced(*group, *replaced, now);
}

// That a group was emptied is not taken back: nobody waits for it, and if it stays unwritten, the next coordinator
// finds the generation before, whose members are gone and expire there.
void GroupCoordinator::undo(const Effect& effect, ErrorCode why, GroupTime now) {
  Group* group = find(effect.group);
  ASSERT(group);
  if (const auto* deleted = std::get_if<Deleted>(&effect.change)) {
    group->move_to(GroupState::empty, deleted->state_since);
  } else if (const auto* assignment = std::get_if<Assigned>(&effect.change)) {
    if (group->assigning != assignment->generation) return;  // the group has gone on
    group->assigning.reset();
    cancel_syncs(*group, why, now);
    rebalance_or_complete(*group, std::string("storing the assignment failed: ") + error_code_name(why), now);
  } else if (const auto* replaced = std::get_if<Replaced>(&effect.change)) {
    undo_replaced(*group, *replaced, why, now);
  }
}

void GroupCoordinator::release_groups(const Pending& pending, ErrorCode why) {
  for (const auto& id : pending.groups) {
    Group* group = find(id);
    ASSERT(group && group->uncommitted > 0);
    if (--group->uncommitted > 0 || group->persisted) continue;
    tell_waiting(*group, why);
    erase(id);
  }
}

void GroupCoordinator::tell_waiting(Group& group, ErrorCode error) {
  group.each_member([&](Member& member) {
    if (auto token = group.take_join(member)) answer_join_error(*token, error, member.id);
    if (auto token = std::exchange(member.sync_token, std::nullopt)) answer_sync_error(*token, error);
  });
}

// The records may be committed yet, and what they say is believed then; only who waits is not kept waiting.
void GroupCoordinator::give_up_waiting(Pending& pending, GroupTime now) {
  constexpr ErrorCode late = ErrorCode::coordinator_not_available;
  for (auto& waiting : std::exchange(pending.answers, {}))
    output_.answers.push_back(with_error(std::move(waiting), late));
  for (const auto& effect : pending.effects) {
    Group* group = find(effect.group);
    ASSERT(group);
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
    }
  }
}

void GroupCoordinator::tell_late_answers(GroupTime now) {
  while (!answer_by_.empty() && answer_by_.begin()->first <= now.instant) {
    AppendId id = answer_by_.begin()->second;
    answer_by_.erase(answer_by_.begin());
    auto pending = std::ranges::lower_bound(pending_, id, {}, &Pending::id);
    ASSERT(pending != pending_.end() && pending->id == id);
    give_up_waiting(*pending, now);
  }
}

void GroupCoordinator::erase(const std::string& group) {
  ASSERT(!offsets_.of(group));
  timers_.cancel_group(group);
  groups_.erase(group);
}

}  // namespace fulmar
