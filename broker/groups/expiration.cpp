// Deletes offsets that are expired (KIP-211) or whose topic was deleted, and empty groups without offsets.
//
// A round of expiration goes through all groups, one slice per tick; until it ends, next_deadline() asks for the next
// tick at once.
#include <limits>

#include "broker/groups/coordinator.h"
#include "runtime/base/mark.h"

namespace fulmar {

namespace {

constexpr auto first_partition = std::numeric_limits<std::int32_t>::min();

}  // namespace

struct GroupCoordinator::Expired {
  std::size_t budget;
  std::vector<StateRecord> records;
  std::vector<Effect> effects;
};

void GroupCoordinator::expire_slice(GroupTime now) {
  if (!expire_cursor_) expire_cursor_ = OffsetCommitKey{"", "", first_partition};
  Expired expired{settings_.cleanup_slice, {}, {}};
  auto entry = groups_.lower_bound(expire_cursor_->group_id);
  while (entry != groups_.end() && expired.budget > 0) {
    if (entry->first != expire_cursor_->group_id) expire_cursor_ = OffsetCommitKey{entry->first, "", first_partition};
    --expired.budget;
    expire_in(entry->second, expired, now);
    if (expired.budget == 0 && expire_cursor_->group_id == entry->first) break;  // continues within this group
    ++entry;
  }
  if (entry == groups_.end()) {
    expire_cursor_.reset();
    next_expiration_ = now.instant + settings_.offsets_retention_check_interval;
  }
  if (!expired.records.empty()) append(std::move(expired.records), std::move(expired.effects), now);
}

// Continues at the cursor. If it finishes the group, it leaves the cursor behind the group.
void GroupCoordinator::expire_in(Group& group, Expired& expired, GroupTime now) {
  OffsetCommitKey cursor = *std::exchange(expire_cursor_, OffsetCommitKey{group.id() + '\0', "", 0});
  if (group.in(GroupState::dead) || !group.persisted) return;
  if (group.consumer && group.consumer->step) {
    FULMAR_MARK("groups: expiration waits for a step");
    // In the next round.
    return;
  }
  bool from_start = cursor.topic.empty() && cursor.partition == first_partition;
  // In a consumer group, offsets expire by their own age, as in Kafka.
  bool simple = group.consumer || group.protocol_type().empty();
  bool empty = group.consumer ? group.consumer->empty() : group.in(GroupState::empty);
  // In a group with members, only the offsets of topics that none of them subscribes to expire, if that is known.
  bool some = simple || empty || (group.in(GroupState::stable) && group.subscribed_topics());
  bool all_gone = from_start && !transactional_.has_group(group.id());
  if (const auto* topics = offsets_.of(group.id())) {
    if (!some) return;
    auto is_expired = [&](const OffsetCommitValue& offset) {
      if (offset.expire_timestamp >= 0) return now.wall >= offset.expire_timestamp;
      // The retention of an empty group's offsets begins when it became empty, however old they are.
      Timestamp since = !simple && empty && group.state_since() >= 0 ? group.state_since() : offset.commit_timestamp;
      Timestamp age = 0;
      return !__builtin_sub_overflow(now.wall, since, &age) && age >= settings_.offsets_retention.count();
    };
    for (auto topic = topics->lower_bound(cursor.topic); topic != topics->end(); ++topic) {
      if (group.consumer ? group.consumer->is_subscribed(topic->first) : group.is_subscribed(topic->first)) {
        FULMAR_MARK("groups: offsets of a subscribed topic kept");
        all_gone = false;
        continue;
      }
      auto first = topic->first == cursor.topic ? topic->second.lower_bound(cursor.partition) : topic->second.begin();
      for (auto partition = first; partition != topic->second.end(); ++partition) {
        if (expired.budget == 0) {
          expire_cursor_ = OffsetCommitKey{group.id(), topic->first, partition->first};
          return;
        }
        --expired.budget;
        const auto* offset = partition->second.latest();
        bool kept = transactional_.has({group.id(), topic->first, partition->first});
        if (offset && !kept && is_expired(*offset)) {
          FULMAR_MARK("groups: offset expired");
          expired.records.push_back(OffsetRecord{{group.id(), topic->first, partition->first}, std::nullopt});
        } else
          all_gone = false;  // also if its deletion is not committed yet: that may fail
      }
    }
  }
  if (!all_gone || !empty || !group.pending_joins.empty()) return;
  FULMAR_MARK("groups: empty group deleted");
  put_tombstones(group, expired.records);
  expired.effects.push_back({group.id(), Deleted{group.state_since()}});
  group.move_to(GroupState::dead, now.wall);
}

void GroupCoordinator::topic_deleted(const std::string& topic, GroupTime now) {
  if (phase_ != Phase::active) return;
  std::vector<StateRecord> records;
  for (const auto& key : transactional_.keys_with(topic))
    if (!find(key.group_id)->in(GroupState::dead)) records.push_back(OffsetRecord{key, std::nullopt});
  if (!records.empty()) append(std::move(records), {}, now);
  purges_.push_back({topic, last_append_, std::nullopt});
  purge_slice(now);
}

void GroupCoordinator::purge_slice(GroupTime now) {
  Purge& purge = purges_.front();
  std::vector<StateRecord> records;
  auto groups = offsets_.groups_with(purge.topic, purge.after, settings_.cleanup_slice);
  std::size_t looked_at = 0;
  bool done = true;
  for (const auto& id : groups) {
    if (looked_at >= settings_.cleanup_slice) {
      done = false;
      break;
    }
    purge.after = id;
    ++looked_at;
    if (find(id)->in(GroupState::dead)) continue;  // its deletion includes all its offsets
    for (const auto& [index, slot] : offsets_.of(id)->at(purge.topic)) {
      ++looked_at;
      if (slot.latest() && slot.latest_by() <= purge.through) {
        FULMAR_MARK("groups: offset of a deleted topic removed");
        records.push_back(OffsetRecord{{id, purge.topic, index}, std::nullopt});
      }
    }
  }
  if (done && groups.size() < settings_.cleanup_slice) purges_.pop_front();
  if (!records.empty()) append(std::move(records), {}, now);
}

}  // namespace fulmar
