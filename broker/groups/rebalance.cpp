// Rebalances: from their beginning, while the members join (again), to the next generation.
#include <algorithm>

#include "broker/groups/coordinator.h"
#include "runtime/base/assert.h"
#include "runtime/base/mark.h"

namespace fulmar {

void GroupCoordinator::rebalance_or_complete(Group& group, const std::string& why, GroupTime now) {
  if (group.in(GroupState::preparing_rebalance))
    complete_join_if_all(group, now);
  else
    prepare_rebalance(group, why, now);
}

void GroupCoordinator::prepare_rebalance(Group& group, const std::string& why, GroupTime now) {
  if (group.in(GroupState::completing_rebalance)) cancel_syncs(group, ErrorCode::rebalance_in_progress, now);
  group.pending_syncs.clear();
  group.assigning.reset();
  timers_.cancel({group.id(), GroupTimer::sync, ""});

  bool initial = group.in(GroupState::empty);
  group.move_to(GroupState::preparing_rebalance, now.wall);
  note(group, "prepares to rebalance after generation " + std::to_string(group.generation()) + ": " + why);
  if (initial) {
    // The first members of a group usually join shortly one after the other: a delay saves a rebalance for each
    // (KIP-134).
    auto delay = settings_.initial_rebalance_delay;
    group.initial_remaining = std::max(group.rebalance_timeout() - delay, milliseconds(0));
    group.member_added = false;
    timers_.set({group.id(), GroupTimer::join, ""}, now.instant + delay);
  } else if (group.all_joined()) {
    complete_join(group, now);
  } else {
    timers_.set({group.id(), GroupTimer::join, ""}, now.instant + group.rebalance_timeout());
  }
}

void GroupCoordinator::complete_join_if_all(Group& group, GroupTime now) {
  // The initial rebalance lasts for its delay, even if all members have joined.
  if (group.in(GroupState::preparing_rebalance) && !group.initial_remaining && group.all_joined())
    complete_join(group, now);
}

void GroupCoordinator::join_timer(Group& group, GroupTime now) {
  FULMAR_ASSERT(group.in(GroupState::preparing_rebalance));
  if (!group.initial_remaining || !group.member_added || group.initial_remaining->count() == 0)
    return complete_join(group, now);
  // A member has joined meanwhile, so wait for more; but no longer than the rebalance timeout in all.
  FULMAR_MARK("groups: initial rebalance prolonged");
  group.member_added = false;
  auto delay = std::min(settings_.initial_rebalance_delay, *group.initial_remaining);
  group.initial_remaining = std::max(*group.initial_remaining - delay, milliseconds(0));
  timers_.set({group.id(), GroupTimer::join, ""}, now.instant + delay);
}

void GroupCoordinator::complete_join(Group& group, GroupTime now) {
  FULMAR_ASSERT(group.in(GroupState::preparing_rebalance));
  timers_.cancel({group.id(), GroupTimer::join, ""});
  group.initial_remaining.reset();

  // Dynamic members that have not joined are removed. A static member may be restarting: it stays until its session
  // ends.
  std::vector<std::string> absent;
  for (const auto& [id, member] : group.members())
    if (!member.awaits_join() && !member.instance_id) absent.push_back(id);
  for (const auto& id : absent) remove_member(group, id);
  if (!absent.empty()) {
    FULMAR_MARK("groups: absent members removed");
    note(group, std::to_string(absent.size()) + " members did not join in time, and are out");
  }

  if (!group.elect_leader() && !group.members().empty()) {
    // There are only static members, and none of them has joined: wait until one does, or their sessions end.
    timers_.set({group.id(), GroupTimer::join, ""}, now.instant + group.rebalance_timeout());
    return;
  }
  group.begin_generation(now.wall);
  if (group.in(GroupState::empty)) {
    note(group, "is empty, with generation " + std::to_string(group.generation()));
    append({GroupRecord{{group.id()}, group.snapshot(nullptr)}}, {{group.id(), Written{}}}, now);
    return;
  }
  note(group, "generation " + std::to_string(group.generation()) + " has " + std::to_string(group.members().size()) +
                  " members");
  group.each_member([&](Member& member) {
    if (auto token = group.take_join(member)) answer(*token, joined(group, member, group.is_leader(member.id)));
    member.is_new = false;
    restart_session(group, member, now);
    group.pending_syncs.insert(member.id);
  });
  timers_.set({group.id(), GroupTimer::sync, ""}, now.instant + group.rebalance_timeout());
}

}  // namespace fulmar
