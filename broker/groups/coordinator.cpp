#include "broker/groups/coordinator.h"

#include <algorithm>

#include "runtime/base/assert.h"
#include "runtime/base/mark.h"

namespace fulmar {

GroupCoordinator::GroupCoordinator(const GroupSettings& settings, std::function<Uuid()> new_uuid)
    : settings_(settings), new_uuid_(std::move(new_uuid)) {}

std::optional<ErrorCode> GroupCoordinator::not_serving() const {
  switch (phase_) {
    case Phase::loading: return ErrorCode::coordinator_load_in_progress;
    case Phase::active: return std::nullopt;
    case Phase::resigned: return ErrorCode::not_coordinator;
  }
  FULMAR_UNREACHABLE();
}

Group* GroupCoordinator::find(const std::string& group) {
  auto found = groups_.find(group);
  return found == groups_.end() ? nullptr : &found->second;
}

const Group* GroupCoordinator::find(const std::string& group) const {
  auto found = groups_.find(group);
  return found == groups_.end() ? nullptr : &found->second;
}

std::optional<ErrorCode> GroupCoordinator::validate_member(const Group& group, const std::string& member,
                                                           const std::optional<std::string>& instance_id) {
  if (instance_id) {
    const std::string* current = group.static_member(*instance_id);
    if (!current) return ErrorCode::unknown_member_id;
    if (*current != member) {
      FULMAR_MARK("groups: replaced instance fenced");
      return ErrorCode::fenced_instance_id;
    }
  }
  if (!group.members().contains(member)) {
    FULMAR_MARK("groups: unknown member refused");
    return ErrorCode::unknown_member_id;
  }
  return std::nullopt;
}

void GroupCoordinator::answer_join_error(GroupToken token, ErrorCode error, std::string member_id) {
  JoinGroupResponse response;
  response.error_code = error;
  response.member_id = std::move(member_id);
  answer(token, std::move(response));
}

void GroupCoordinator::answer_sync_error(GroupToken token, ErrorCode error) {
  SyncGroupResponse response;
  response.error_code = error;
  answer(token, std::move(response));
}

void GroupCoordinator::note(const Group& group, const std::string& what) {
  constexpr std::size_t shown_max = 255;  // bytes of strings that clients choose
  output_.notes.push_back("group " + group.id().substr(0, shown_max) + ": " + what);
}

Result<void> GroupCoordinator::replay(const StateRecord& record) {
  FULMAR_ASSERT(phase_ == Phase::loading && !load_cursor_);
  // Every id with offsets is a group, even if only a simple one: used for nothing but its offsets.
  auto ensure = [this](const std::string& id) {
    groups_.try_emplace(id, Group(id, -1)).first->second.persisted = true;
  };
  if (const auto* offset = std::get_if<OffsetRecord>(&record)) {
    offsets_.load(*offset, ++loaded_offsets_);
    if (!offset->value) transactional_.forget(offset->key, 1);
    if (offset->value) ensure(offset->key.group_id);
    return {};
  }
  const auto* group = std::get_if<GroupRecord>(&record);
  if (!group) {
    replay_consumer(record);
    return {};
  }
  // If a group has changed its kind, the last record decides. This tombstone was written when it became a consumer
  // group.
  if (!group->value) {
    if (auto known = find(group->key.group_id); known && known->consumer) {
      FULMAR_MARK("groups: loaded group has become a consumer group");
      return {};
    }
    groups_.erase(group->key.group_id);
    if (offsets_.of(group->key.group_id) || transactional_.has_group(group->key.group_id)) ensure(group->key.group_id);
    return {};
  }
  FULMAR_TRY(auto loaded, Group::from_snapshot(group->key.group_id, *group->value));
  groups_.insert_or_assign(group->key.group_id, std::move(loaded));
  return {};
}

Result<void> GroupCoordinator::replay(const StateRecord& record, ProducerId producer) {
  FULMAR_ASSERT(phase_ == Phase::loading && !load_cursor_);
  const auto* offset = std::get_if<OffsetRecord>(&record);
  if (!offset || !offset->value) return fail(Errc::corrupt, "part of a transaction, and no committed offset");
  transactional_.load(producer, *offset, ++loaded_offsets_);
  const auto& id = offset->key.group_id;
  groups_.try_emplace(id, Group(id, -1)).first->second.persisted = true;
  return {};
}

void GroupCoordinator::replay_consumer(const StateRecord& record) {
  bool tombstone = std::visit([](const auto& typed) { return !typed.value; }, record);
  auto known = groups_.find(group_of(record));
  bool is_one = known != groups_.end() && known->second.consumer;
  if (!is_one && tombstone) return;
  if (!is_one) {
    if (known == groups_.end() || !known->second.members().empty())
      known = groups_.insert_or_assign(group_of(record), Group(group_of(record), -1)).first;
    known->second.persisted = true;
    known->second.consumer = std::make_shared<ConsumerGroup>();
  }
  known->second.consumer->put(record);
  if (!std::holds_alternative<EpochRecord>(record) || !tombstone) return;
  // The tombstone of the epoch is the last record of a consumer group.
  FULMAR_MARK("groups: loaded consumer group has ended");
  known->second.consumer.reset();
  if (!offsets_.of(group_of(record)) && !transactional_.has_group(group_of(record))) groups_.erase(known);
}

bool GroupCoordinator::finish_loading(GroupTime now) {
  FULMAR_ASSERT(phase_ == Phase::loading);
  constexpr std::size_t members_per_slice = 1'000;
  std::size_t done = 0;
  auto entry = load_cursor_ ? groups_.upper_bound(*load_cursor_) : groups_.begin();
  for (; entry != groups_.end() && done < members_per_slice; ++entry) {
    Group& group = entry->second;
    load_cursor_ = group.id();
    done += 1 + group.members().size();
    if (group.consumer) {
      done += group.consumer->members().size();
      consumers_.loaded(group, now);
      continue;
    }
    group.each_member([&](Member& member) { restart_session(group, member, now); });
    if (group.members().size() > settings_.group_size_max) {
      FULMAR_MARK("groups: loaded with too many members");
      prepare_rebalance(group, "it was loaded with more members than group.max.size", now);
    } else if (!group.members().empty() && !group.leader()) {
      FULMAR_MARK("groups: loaded without a leader");
      // The last coordinator made it a classic group, and did not complete its rebalance.
      prepare_rebalance(group, "it is a classic group again, and was loaded without a leader", now);
    }
  }
  if (entry != groups_.end()) return false;
  phase_ = Phase::active;
  next_expiration_ = now.instant + settings_.offsets_retention_check_interval;
  return true;
}

void GroupCoordinator::fire(const TimerKey& timer, GroupTime now) {
  Group* group = find(timer.group);
  FULMAR_ASSERT(group);
  switch (timer.kind) {
    case GroupTimer::session:
      return group->consumer ? consumers_.session_timer(*group, timer.member, now)
                             : session_timer(*group, timer.member, now);
    case GroupTimer::join: return join_timer(*group, now);
    case GroupTimer::sync: return sync_timer(*group, now);
    case GroupTimer::revocation: return consumers_.revocation_timer(*group, timer.member, now);
  }
}

void GroupCoordinator::tick(GroupTime now) {
  if (phase_ != Phase::active) return;
  while (auto timer = timers_.take_due(now.instant)) fire(*timer, now);
  tell_late_answers(now);
  if (expire_cursor_ || next_expiration_ <= now.instant) expire_slice(now);
  if (!purges_.empty()) purge_slice(now);
  consumers_.tick(now);
}

Instant GroupCoordinator::next_deadline() const {
  if (phase_ != Phase::active) return Instant::max();
  if (expire_cursor_ || !purges_.empty()) return Instant{};  // the next slice is due at once
  auto next = std::min({timers_.next(), next_expiration_, consumers_.next_deadline()});
  return answer_by_.empty() ? next : std::min(next, answer_by_.begin()->first);
}

void GroupCoordinator::resign() {
  if (phase_ == Phase::resigned) return;
  for (auto& [id, group] : groups_) tell_waiting(group, ErrorCode::not_coordinator);
  for (auto& pending : pending_) {
    FULMAR_MARK("groups: resigned before a change was committed");
    for (auto& waiting : pending.answers)
      output_.answers.push_back(with_error(std::move(waiting), ErrorCode::not_coordinator));
  }
  phase_ = Phase::resigned;
  groups_.clear();
  offsets_.clear();
  transactional_.clear();
  timers_.clear();
  pending_.clear();
  answer_by_.clear();
  purges_.clear();
  expire_cursor_.reset();
}

}  // namespace fulmar
