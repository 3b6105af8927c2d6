// How members of a consumer group are removed: they leave, their session ends, or they do not give up partitions in
// time.
#include "broker/groups/consumer_groups.h"
#include "broker/groups/coordinator.h"
#include "runtime/base/mark.h"

namespace fulmar {

// The member may leave at any time, also while it is to give up partitions.
std::optional<ConsumerGroups::Refusal> ConsumerGroups::leave_one(Step& step, const Beat& beat) {
  const auto& request = beat.request;
  auto& group = step.group;
  if (request.instance_id) {
    const auto* holder = group.static_member(*request.instance_id);
    if (!holder) return Refusal{ErrorCode::unknown_member_id, "Instance id " + *request.instance_id + " is unknown."};
    if (*holder != request.member_id)
      return Refusal{ErrorCode::fenced_instance_id, "Static member " + request.member_id + " with instance id " +
                                                        *request.instance_id + " was fenced by member " + *holder +
                                                        "."};
  }
  if (!group.member(request.member_id))
    return Refusal{ErrorCode::unknown_member_id,
                   "Member " + request.member_id + " is not a member of group " + request.group_id + "."};
  if (!request.instance_id || request.member_epoch == leaving_epoch) {
    coordinator_.note(step.shell, "member " + request.member_id + " has left");
    remove(step, request.member_id);
    refresh(step, true);
    return std::nullopt;
  }
  // A static member that leaves temporarily keeps its partitions until it is back or its session ends.
  FULMAR_MARK("groups: static consumer leaves for a while");
  auto current = group.current(request.member_id);
  current.epoch = static_leaving_epoch;
  current.revoking.clear();
  step.put(CurrentRecord{{request.group_id, request.member_id}, value_of(current)});
  group.revocations.erase(request.member_id);
  coordinator_.timers_.cancel({request.group_id, GroupTimer::revocation, request.member_id});
  return std::nullopt;
}

// The record that frees its partitions comes first.
void ConsumerGroups::remove(Step& step, const std::string& member) {
  const auto& id = step.shell.id();
  auto pattern = step.group.member(member)->subscribed_topic_regex.value_or("");
  step.put(CurrentRecord{{id, member}, std::nullopt});
  step.put(TargetRecord{{id, member}, std::nullopt});
  step.put(ConsumerMemberRecord{{id, member}, std::nullopt});
  if (!pattern.empty() && !step.group.uses_pattern(pattern)) {
    askers_.erase({id, pattern});
    if (step.group.pattern(pattern)) step.put(PatternRecord{{id, pattern}, std::nullopt});
  }
  forget_timers(step.shell, member);
}

// The new process of a static member takes over the assignments of the process before it, in joining_epoch.
void ConsumerGroups::replace(Step& step, const std::string& old_id, const std::string& new_id) {
  const auto& id = step.shell.id();
  auto said = *step.group.member(old_id);
  auto current = step.group.current(old_id);
  PartitionSets target;
  if (const auto* known = step.group.target(old_id)) target = *known;
  step.put(CurrentRecord{{id, old_id}, std::nullopt});
  step.put(TargetRecord{{id, old_id}, std::nullopt});
  step.put(ConsumerMemberRecord{{id, old_id}, std::nullopt});
  forget_timers(step.shell, old_id);
  current.epoch = joining_epoch;
  current.previous_epoch = no_previous_epoch;
  step.put(ConsumerMemberRecord{{id, new_id}, std::move(said)});
  step.put(TargetRecord{{id, new_id}, value_of(target)});
  step.put(CurrentRecord{{id, new_id}, value_of(current)});
  coordinator_.note(step.shell, "member " + new_id + " takes the place of " + old_id);
}

void ConsumerGroups::restart_session(Group& group, const std::string& member, CoordinatorTime now) {
  auto& deadline = group.consumer->session_deadlines[member];
  // Each classic member has its own session timeout.
  const auto* known = group.consumer->member(member);
  const auto* classic = known && known->classic_member_metadata ? &*known->classic_member_metadata : nullptr;
  deadline = now.instant + (classic ? milliseconds(std::max(classic->session_timeout_ms, 0))
                                    : coordinator_.settings_.consumer_times_of(group.id()).session_timeout);
  coordinator_.timers_.set_no_later({group.id(), GroupTimer::session, member}, deadline);
}

void ConsumerGroups::forget_timers(Group& group, const std::string& member) {
  group.consumer->session_deadlines.erase(member);
  group.consumer->revocations.erase(member);
  coordinator_.timers_.cancel({group.id(), GroupTimer::session, member});
  coordinator_.timers_.cancel({group.id(), GroupTimer::revocation, member});
}

void ConsumerGroups::session_timer(Group& group, const std::string& member, CoordinatorTime now) {
  auto deadline = group.consumer->session_deadlines.find(member);
  if (deadline == group.consumer->session_deadlines.end()) return;
  if (deadline->second > now.instant)
    return coordinator_.timers_.set({group.id(), GroupTimer::session, member}, deadline->second);
  enqueue(group,
          {std::nullopt,
           [this, member](Step& step, CoordinatorTime when) {
             // The member may have sent a heartbeat while this waited.
             auto found = step.group.session_deadlines.find(member);
             if (!step.group.member(member) || found == step.group.session_deadlines.end()) return;
             if (found->second > when.instant)
               return coordinator_.timers_.set({step.shell.id(), GroupTimer::session, member}, found->second);
             FULMAR_MARK("groups: session of a consumer ended");
             coordinator_.note(step.shell, "the session of member " + member + " has ended");
             remove(step, member);
             refresh(step, true);
           }},
          now);
}

// In each epoch, a member has its rebalance timeout to give up partitions, from when it is told to.
void ConsumerGroups::await_revocation(Step& step, const std::string& member, CoordinatorTime now) {
  TimerKey key{step.shell.id(), GroupTimer::revocation, member};
  const auto& current = step.group.current(member);
  auto& revocations = step.group.revocations;
  if (current.state != MemberState::unrevoked) {
    if (revocations.erase(member) > 0) coordinator_.timers_.cancel(key);
    return;
  }
  auto found = revocations.find(member);
  if (found != revocations.end() && found->second.epoch == current.epoch) return;
  auto timeout = milliseconds(std::max(step.group.member(member)->rebalance_timeout_ms, 0));
  revocations[member] = {current.epoch, now.instant + timeout};
  coordinator_.timers_.set(key, now.instant + timeout);
}

void ConsumerGroups::revocation_timer(Group& group, const std::string& member, CoordinatorTime now) {
  if (!group.consumer) return;
  enqueue(group,
          {std::nullopt,
           [this, member](Step& step, CoordinatorTime when) {
             auto found = step.group.revocations.find(member);
             if (found == step.group.revocations.end() || !step.group.member(member)) return;
             if (found->second.deadline > when.instant) return;
             bool classic = step.group.member(member)->classic_member_metadata.has_value();
             if (classic ? !awaits_rejoin(step.group, member)
                         : step.group.current(member).state != MemberState::unrevoked) {
               FULMAR_MARK("groups: partitions given up in time");
               return void(step.group.revocations.erase(found));
             }
             FULMAR_MARK("groups: partitions not given up in time");
             coordinator_.note(step.shell, "member " + member + " has not given up its partitions in time, and is out");
             remove(step, member);
             refresh(step, true);
           }},
          now);
}

void ConsumerGroups::loaded(Group& group, CoordinatorTime now) {
  auto& consumer = *group.consumer;
  consumer.tidy();
  Step step{group, consumer};
  for (const auto& [member, said] : consumer.members()) {
    restart_session(group, member, now);
    await_revocation(step, member, now);
    if (said.subscribed_topic_regex && !said.subscribed_topic_regex->empty())
      resolve_soon(group.id(), *said.subscribed_topic_regex);
  }
}

// LeaveGroup removes members of either protocol.
void ConsumerGroups::leave(GroupToken token, Group& group, const GroupClient& client, const LeaveGroupRequest& request,
                           CoordinatorTime now) {
  constexpr std::int16_t batched_since = 3;
  bool batched = client.api_version >= batched_since;
  auto leavers = request.members;
  if (!batched) leavers = {{request.member_id, std::nullopt, std::nullopt}};
  enqueue(group,
          {GroupAnswer{token, LeaveGroupResponse{}},
           [this, token, batched, leavers = std::move(leavers)](Step& step, CoordinatorTime) {
             LeaveGroupResponse response;
             bool any = false;
             for (const auto& leaver : leavers) {
               auto error = ErrorCode::none;
               std::string id = leaver.member_id;
               if (leaver.group_instance_id) {
                 const auto* holder = step.group.static_member(*leaver.group_instance_id);
                 if (!holder)
                   error = ErrorCode::unknown_member_id;
                 else if (!id.empty() && *holder != id)
                   error = ErrorCode::fenced_instance_id;
                 else if (!id.empty() && !step.group.member(id)->classic_member_metadata)
                   error = ErrorCode::unknown_member_id;  // it speaks another protocol
                 else
                   id = *holder;
               } else if (!step.group.member(id)) {
                 error = ErrorCode::unknown_member_id;
               }
               if (error == ErrorCode::none) {
                 any = true;
                 coordinator_.note(step.shell, "member " + id + " was asked to leave");
                 remove(step, id);
               }
               if (batched)
                 response.members.push_back({leaver.member_id, leaver.group_instance_id, error});
               else
                 response.error_code = error;
             }
             if (any) refresh(step, true);
             step.answers.push_back({token, std::move(response)});
           },
           [this, token, client, request](CoordinatorTime when) { coordinator_.leave(token, client, request, when); }},
          now);
}

}  // namespace fulmar
