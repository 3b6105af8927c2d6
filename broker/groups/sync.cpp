// SyncGroup: the leader sends the assignment, and all members receive theirs once it is committed.
#include "broker/groups/coordinator.h"
#include "runtime/base/assert.h"
#include "runtime/base/mark.h"

namespace fulmar {
namespace {

// Whether the member's request (from version 5 on) names another protocol type or protocol than the group's.
bool contradicts(const std::optional<std::string>& said, const std::optional<std::string>& is) {
  return said && is && *said != *is;
}

}  // namespace

void GroupCoordinator::sync(GroupToken token, const SyncGroupRequest& request, GroupTime now) {
  if (auto error = not_serving()) return answer_sync_error(token, *error);
  if (request.group_id.empty()) return answer_sync_error(token, ErrorCode::invalid_group_id);
  Group* group = find(request.group_id);
  if (group && group->consumer && !group->in(GroupState::dead)) return consumers_.sync(token, *group, request, now);
  if (!group || group->in(GroupState::empty)) return answer_sync_error(token, ErrorCode::unknown_member_id);
  if (group->in(GroupState::dead)) return answer_sync_error(token, ErrorCode::coordinator_not_available);
  if (auto error = validate_member(*group, request.member_id, request.group_instance_id))
    return answer_sync_error(token, *error);
  if (request.generation_id != group->generation()) {
    FULMAR_MARK("groups: sync of a past generation");
    return answer_sync_error(token, ErrorCode::illegal_generation);
  }
  if (contradicts(request.protocol_type, group->protocol_type()) ||
      contradicts(request.protocol_name, group->protocol()))
    return answer_sync_error(token, ErrorCode::inconsistent_group_protocol);
  if (group->in(GroupState::preparing_rebalance)) {
    FULMAR_MARK("groups: sync during a rebalance");
    return answer_sync_error(token, ErrorCode::rebalance_in_progress);
  }

  Member& member = *group->member(request.member_id);
  if (group->in(GroupState::stable)) {
    synced(*group, member.id);
    SyncGroupResponse response;
    response.protocol_type = group->protocol_type();
    response.protocol_name = group->protocol();
    response.assignment = member.assignment;
    return answer(token, std::move(response));
  }
  bool assigns = group->is_leader(member.id) && !group->assigning;
  if (assigns && backlogged()) return answer_sync_error(token, ErrorCode::coordinator_not_available);
  if (auto before = std::exchange(member.sync_token, token))
    answer_sync_error(*before, ErrorCode::rebalance_in_progress);
  synced(*group, member.id);
  // If the leader asks again while its assignment is being appended, it waits for that one: a generation has only one.
  if (assigns) store_assignment(*group, request, now);
}

void GroupCoordinator::synced(Group& group, const std::string& member) {
  group.pending_syncs.erase(member);
  if (group.pending_syncs.empty()) timers_.cancel({group.id(), GroupTimer::sync, ""});
}

void GroupCoordinator::store_assignment(Group& group, const SyncGroupRequest& request, GroupTime now) {
  std::map<std::string, Bytes> assignments;  // of members only; those that the leader has left out get none
  for (const auto& assignment : request.assignments)
    if (group.members().contains(assignment.member_id))
      assignments[assignment.member_id] = Bytes::copy_of(assignment.assignment.view());
  group.assigning = group.generation();
  GroupRecord record{{group.id()}, group.snapshot(&assignments)};
  append({std::move(record)}, {{group.id(), Assigned{group.generation(), std::move(assignments)}}}, now);
}

void GroupCoordinator::assigned(Group& group, const Assigned& assigned, GroupTime now) {
  if (group.assigning != assigned.generation) {
    FULMAR_MARK("groups: assignment of a past generation committed");
    // A rebalance has begun meanwhile.
    return;
  }
  group.assigning.reset();
  group.each_member([&](Member& member) {
    auto found = assigned.assignments.find(member.id);
    member.assignment = found == assigned.assignments.end() ? Bytes() : found->second;
    auto token = std::exchange(member.sync_token, std::nullopt);
    if (!token) return;
    SyncGroupResponse response;
    response.protocol_type = group.protocol_type();
    response.protocol_name = group.protocol();
    response.assignment = member.assignment;
    answer(*token, std::move(response));
    restart_session(group, member, now);
  });
  group.move_to(GroupState::stable, now.wall);
}

void GroupCoordinator::cancel_syncs(Group& group, ErrorCode error, GroupTime now) {
  FULMAR_ASSERT(group.in(GroupState::completing_rebalance));
  group.each_member([&](Member& member) {
    member.assignment = Bytes();
    auto token = std::exchange(member.sync_token, std::nullopt);
    if (!token) return;
    FULMAR_MARK("groups: waiting sync cancelled");
    answer_sync_error(*token, error);
    restart_session(group, member, now);
  });
}

// Members that have joined, but do not ask for their assignment, would have partitions that they do not consume.
void GroupCoordinator::sync_timer(Group& group, GroupTime now) {
  FULMAR_ASSERT(group.in(GroupState::completing_rebalance) || group.in(GroupState::stable));
  FULMAR_MARK("groups: members did not sync in time");
  auto late = std::move(group.pending_syncs);
  group.pending_syncs.clear();
  FULMAR_ASSERT(!late.empty());
  for (const auto& id : late) remove_member(group, id);
  prepare_rebalance(group, std::to_string(late.size()) + " members did not ask for their assignment in time", now);
}

}  // namespace fulmar
