// Heartbeat, LeaveGroup and sessions.
#include "broker/groups/coordinator.h"
#include "runtime/base/assert.h"
#include "runtime/base/mark.h"

namespace fulmar {
namespace {

// Before this version one member leaves per request, and its error is that of the response.
constexpr std::int16_t leave_batched_since = 3;

}  // namespace

void GroupCoordinator::heartbeat(GroupToken token, const HeartbeatRequest& request, GroupTime now) {
  auto say = [&](ErrorCode error) {
    HeartbeatResponse response;
    response.error_code = error;
    answer(token, response);
  };
  // While the group is being loaded its members are not known; when it is loaded, their sessions start again.
  if (phase_ == Phase::loading && !request.group_id.empty()) {
    FULMAR_MARK("groups: heartbeat while loading");
    return say(ErrorCode::none);
  }
  if (auto error = not_serving()) return say(*error);
  if (request.group_id.empty()) return say(ErrorCode::invalid_group_id);
  Group* group = find(request.group_id);
  if (!group) return say(ErrorCode::unknown_member_id);
  if (group->in(GroupState::dead)) return say(ErrorCode::coordinator_not_available);
  if (group->consumer) return consumers_.heartbeat(token, *group, request, now);
  if (auto error = validate_member(*group, request.member_id, request.group_instance_id)) return say(*error);
  if (request.generation_id != group->generation()) {
    FULMAR_MARK("groups: heartbeat of a past generation");
    return say(ErrorCode::illegal_generation);
  }
  restart_session(*group, *group->member(request.member_id), now);
  say(group->in(GroupState::preparing_rebalance) ? ErrorCode::rebalance_in_progress : ErrorCode::none);
}

void GroupCoordinator::restart_session(Group& group, Member& member, GroupTime now) {
  restart_session(group, member, member.session_timeout, now);
}

void GroupCoordinator::restart_session(Group& group, Member& member, milliseconds timeout, GroupTime now) {
  member.session_deadline = now.instant + timeout;
  timers_.set_no_later({group.id(), GroupTimer::session, member.id}, member.session_deadline);
}

void GroupCoordinator::session_timer(Group& group, const std::string& id, GroupTime now) {
  TimerKey key{group.id(), GroupTimer::session, id};
  if (auto pending = group.pending_joins.find(id); pending != group.pending_joins.end()) {
    FULMAR_ASSERT(pending->second <= now.instant);
    FULMAR_MARK("groups: promised member never joined");
    group.pending_joins.erase(pending);
    return complete_join_if_all(group, now);
  }
  Member* member = group.member(id);
  FULMAR_ASSERT(member);
  if (member->session_deadline > now.instant) return timers_.set(key, member->session_deadline);
  // A member whose request waits here cannot send heartbeats. A new member is removed all the same: its client may be
  // long gone, and every later rebalance would wait for it.
  if (!member->is_new && (member->awaits_join() || member->awaits_sync())) {
    FULMAR_MARK("groups: session of a waiting member goes on");
    return restart_session(group, *member, now);
  }
  FULMAR_MARK("groups: session ended");
  std::string gone = "the session of member " + id + " has ended";
  remove_member(group, id);
  rebalance_or_complete(group, gone, now);
}

void GroupCoordinator::remove_member(Group& group, const std::string& id) {
  auto member = group.remove(id);
  if (!member) return;
  timers_.cancel({group.id(), GroupTimer::session, id});
  if (member->join_token()) answer_join_error(*member->join_token(), ErrorCode::unknown_member_id);
  if (member->sync_token) answer_sync_error(*member->sync_token, ErrorCode::unknown_member_id);
  if (group.in(GroupState::completing_rebalance) || group.in(GroupState::stable))
    if (group.pending_syncs.empty()) timers_.cancel({group.id(), GroupTimer::sync, ""});
}

ErrorCode GroupCoordinator::leave_one(Group& group, const LeaveGroupRequest::Member& leaver) {
  if (leaver.member_id.empty()) {
    // An administrator names a static member by its instance id only.
    const std::string* id = leaver.group_instance_id ? group.static_member(*leaver.group_instance_id) : nullptr;
    if (!id) return ErrorCode::unknown_member_id;
    remove_member(group, std::string(*id));
    return ErrorCode::none;
  }
  if (group.pending_joins.erase(leaver.member_id) > 0) {
    timers_.cancel({group.id(), GroupTimer::session, leaver.member_id});
    return ErrorCode::none;
  }
  if (auto error = validate_member(group, leaver.member_id, leaver.group_instance_id)) return *error;
  remove_member(group, leaver.member_id);
  return ErrorCode::none;
}

void GroupCoordinator::leave(GroupToken token, const GroupClient& client, const LeaveGroupRequest& request,
                             GroupTime now) {
  LeaveGroupResponse response;
  auto say = [&](ErrorCode error) {
    response.error_code = error;
    answer(token, std::move(response));
  };
  if (auto error = not_serving()) return say(*error);
  if (request.group_id.empty()) return say(ErrorCode::invalid_group_id);
  Group* group = find(request.group_id);
  if (group && group->in(GroupState::dead)) return say(ErrorCode::coordinator_not_available);
  if (group && group->consumer) return consumers_.leave(token, *group, client, request, now);

  bool batched = client.api_version >= leave_batched_since;
  auto leavers = request.members;
  if (!batched) leavers = {{request.member_id, std::nullopt, std::nullopt}};
  bool any = false;
  for (const auto& leaver : leavers) {
    ErrorCode error = group ? leave_one(*group, leaver) : ErrorCode::unknown_member_id;
    any = any || error == ErrorCode::none;
    if (batched)
      response.members.push_back({leaver.member_id, leaver.group_instance_id, error});
    else
      response.error_code = error;
  }
  AppendId before = last_append_;
  if (any && !group->in(GroupState::empty))
    rebalance_or_complete(*group, std::to_string(leavers.size()) + " members asked to leave", now);
  // If the group has become empty, the answer waits until that is committed.
  if (last_append_ != before)
    pending_.back().answers.push_back({token, std::move(response)});
  else
    answer(token, std::move(response));
}

}  // namespace fulmar
