// A new process takes the place of a static member (KIP-345); in a stable group without a rebalance.
#include "broker/groups/coordinator.h"
#include "runtime/base/assert.h"
#include "runtime/base/mark.h"

namespace fulmar {
namespace {

// From this version on the response can tell the leader not to assign (KIP-814).
constexpr std::int16_t skip_assignment_since = 9;

}  // namespace

void GroupCoordinator::replace_static(GroupToken token, const GroupClient& client, const JoinGroupRequest& request,
                                      Group& group, const std::string& old_id, const std::string& new_id,
                                      GroupTime now) {
  std::string leader_before = group.leader().value_or("");
  Member before = group.replace(old_id, new_id);
  timers_.cancel({group.id(), GroupTimer::session, old_id});
  if (auto waiting = before.join_token()) answer_join_error(*waiting, ErrorCode::fenced_instance_id, old_id);
  if (auto waiting = before.sync_token) answer_sync_error(*waiting, ErrorCode::fenced_instance_id);

  Member& member = *group.member(new_id);
  member.client_id = client.client_id;
  member.client_host = client.client_host;
  milliseconds session(request.session_timeout_ms);
  milliseconds rebalance(request.rebalance_timeout_ms < 0 ? request.session_timeout_ms : request.rebalance_timeout_ms);
  group.update(member, keep_protocols(request.protocols), rebalance, session);
  wait_in_join(group, member, token);
  restart_session(group, member, now);

  std::string who = "static member " + new_id + " takes the place of " + old_id;
  switch (group.state()) {
    case GroupState::stable: {
      // Kafka compares the protocol only. But then a consumer that subscribes to other topics than its predecessor
      // would keep partitions of topics that it is not subscribed to, and get none of its own topics.
      bool same = group.select_protocol() == group.protocol() &&
                  member.subscribed_topics(*group.protocol()) == before.subscribed_topics(*group.protocol());
      if (!same) {
        FULMAR_MARK("groups: successor subscribes to something else");
        return rebalance_or_complete(group, who + " and subscribes to something else", now);
      }
      FULMAR_MARK("groups: static member replaced without a rebalance");
      note(group, who);
      append({GroupRecord{{group.id()}, group.snapshot(nullptr)}},
             {{group.id(),
               Replaced{group.generation(), new_id, client.api_version, std::move(leader_before), std::move(before)}}},
             now);
      return;
    }
    case GroupState::completing_rebalance:
      // The leader may have been sent the old id, and would assign nothing to the new one.
      FULMAR_MARK("groups: static member replaced before the assignment");
      return prepare_rebalance(group, who, now);
    case GroupState::preparing_rebalance: return complete_join_if_all(group, now);
    case GroupState::empty:
    case GroupState::dead: FULMAR_UNREACHABLE();  // they have no members
  }
}

void GroupCoordinator::answer_replaced(Group& group, const Replaced& replaced, GroupTime now) {
  // If a rebalance has begun meanwhile, it answers the request.
  if (!group.in(GroupState::stable) || group.generation() != replaced.generation) return;
  Member* member = group.member(replaced.new_id);
  if (!member) return;
  auto token = group.take_join(*member);
  if (!token) return;
  restart_session(group, *member, now);
  bool leads = group.is_leader(member->id);
  bool skips = replaced.api_version >= skip_assignment_since;
  JoinGroupResponse response = joined(group, *member, skips && leads);
  response.skip_assignment = skips && leads;
  // An older client that is the leader would make an assignment, which no member would ask for. So its response names
  // its predecessor as the leader.
  if (!skips) response.leader = replaced.leader_before;
  answer(*token, std::move(response));
}

void GroupCoordinator::undo_replaced(Group& group, const Replaced& replaced, ErrorCode why, GroupTime now) {
  if (!group.in(GroupState::stable) || group.generation() != replaced.generation) return;
  Member* member = group.member(replaced.new_id);
  if (!member || !member->awaits_join()) return;
  FULMAR_MARK("groups: replacement undone");
  answer_join_error(*group.take_join(*member), why);
  timers_.cancel({group.id(), GroupTimer::session, replaced.new_id});
  group.replace(replaced.new_id, replaced.before.id);
  Member& restored = *group.member(replaced.before.id);
  restored.client_id = replaced.before.client_id;
  restored.client_host = replaced.before.client_host;
  group.update(restored, replaced.before.protocols(), replaced.before.rebalance_timeout(),
               replaced.before.session_timeout);
  restart_session(group, restored, now);
}

}  // namespace fulmar
