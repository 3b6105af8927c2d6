// JoinGroup (KIP-394 member ids, KIP-345 static members): which clients may join, and the rebalances that they cause.
#include <algorithm>

#include "broker/groups/coordinator.h"
#include "runtime/base/assert.h"
#include "runtime/base/mark.h"

namespace fulmar {
namespace {

// From this version on a new dynamic member is first given an id, and then joins with it (KIP-394): otherwise a client
// that lost the first answer would leave a member behind until its session ends.
constexpr std::int16_t member_id_required_since = 4;

milliseconds session_timeout(const JoinGroupRequest& request) {
  return milliseconds(request.session_timeout_ms);
}

// Version 0 has no rebalance timeout; the session timeout is used for both.
milliseconds rebalance_timeout(const JoinGroupRequest& request) {
  return milliseconds(request.rebalance_timeout_ms < 0 ? request.session_timeout_ms : request.rebalance_timeout_ms);
}

std::string reason(const JoinGroupRequest& request) {
  constexpr std::size_t shown_max = 255;
  return request.reason && !request.reason->empty() ? request.reason->substr(0, shown_max) : "not provided";
}

// Flexible versions of the request allow longer strings than the group's record.
bool can_be_stored(const GroupClient& client, const JoinGroupRequest& request) {
  auto fits = [](const std::string& text) { return text.size() <= record_string_max; };
  return fits(client.client_id) && fits(request.group_instance_id.value_or("")) && fits(request.protocol_type) &&
         std::ranges::all_of(request.protocols, [&](const auto& protocol) { return fits(protocol.name); });
}

}  // namespace

std::string new_member_id(const std::string& prefix, const Uuid& random) {
  constexpr char digits[] = "0123456789abcdef";
  constexpr std::size_t suffix = 37;
  // A version 4 UUID in its usual text form, as in Kafka.
  std::uint64_t high = (random.high & ~std::uint64_t{0xf000}) | 0x4000;
  std::uint64_t low = (random.low & ~(std::uint64_t{3} << 62)) | (std::uint64_t{2} << 62);
  std::string id = prefix.substr(0, record_string_max - suffix) + "-";
  for (int nibble = 0; nibble < 32; ++nibble) {
    if (nibble == 8 || nibble == 12 || nibble == 16 || nibble == 20) id += '-';
    std::uint64_t half = nibble < 16 ? high : low;
    id += digits[(half >> (60 - 4 * (nibble % 16))) & 0xf];
  }
  return id;
}

void GroupCoordinator::join(GroupToken token, const GroupClient& client, const JoinGroupRequest& request,
                            GroupTime now) {
  if (auto error = not_serving()) return answer_join_error(token, *error, request.member_id);
  if (request.group_id.empty() || request.group_id.size() > record_string_max)
    return answer_join_error(token, ErrorCode::invalid_group_id, request.member_id);
  if (!can_be_stored(client, request)) return answer_join_error(token, ErrorCode::invalid_request);
  if (session_timeout(request) < settings_.session_timeout_min ||
      session_timeout(request) > settings_.session_timeout_max)
    return answer_join_error(token, ErrorCode::invalid_session_timeout, request.member_id);
  if (backlogged()) return answer_join_error(token, ErrorCode::coordinator_not_available, request.member_id);

  bool unknown = request.member_id.empty();
  Group* group = find(request.group_id);
  if (!group) {
    if (!unknown) return answer_join_error(token, ErrorCode::unknown_member_id, request.member_id);
    Group made(request.group_id, now.wall);
    if (!made.supports(request.protocol_type, request.protocols))
      return answer_join_error(token, ErrorCode::inconsistent_group_protocol);
    GroupMetadataValue beginning = made.snapshot(nullptr);
    group = &groups_.emplace(request.group_id, std::move(made)).first->second;
    append({GroupRecord{{request.group_id}, std::move(beginning)}}, {{request.group_id, Written{}}}, now);
  }
  // Its deletion is being appended: soon the group is either gone, or exists again.
  if (group->in(GroupState::dead))
    return answer_join_error(token, ErrorCode::coordinator_not_available, request.member_id);
  if (group->consumer) {
    if (!group->consumer->empty()) return consumers_.join(token, *group, client, request, now);
    // The step that made it empty is not committed yet.
    if (group->consumer->step) {
      FULMAR_MARK("groups: classic member joins before a step is committed");
      return answer_join_error(token, ErrorCode::coordinator_not_available, request.member_id);
    }
    become_classic(*group, now);
  }
  if (!has_room(*group, request, settings_.group_size_max)) {
    FULMAR_MARK("groups: classic group is full");
    remove_member(*group, request.member_id);
    answer_join_error(token, ErrorCode::group_max_size_reached);
    return complete_join_if_all(*group, now);
  }
  if (!group->supports(request.protocol_type, request.protocols))
    return answer_join_error(token, ErrorCode::inconsistent_group_protocol, request.member_id);
  unknown ? join_new(token, client, request, *group, now) : join_known(token, client, request, *group, now);
}

// If this append fails, that is not undone: the group's next record is complete, and makes it a classic group. Its
// offsets are kept from now on as those of a group that has just become empty: when it did is not known.
void GroupCoordinator::become_classic(Group& group, GroupTime now) {
  FULMAR_MARK("groups: empty consumer group becomes classic");
  auto records = group.consumer->tombstones(group.id());
  group.consumer.reset();
  group.is_empty_since(now.wall);
  timers_.cancel_group(group.id());
  records.push_back(GroupRecord{{group.id()}, group.snapshot(nullptr)});
  append(std::move(records), {{group.id(), Written{}}}, now);
}

// While the group prepares a rebalance, the first clients that join (again) are accepted: so if the group is too large,
// because the limit was lowered, it loses the members that join last. Static members that are absent stay members, so
// they count too, and a static member's new process needs no room; in Kafka the former let a generation exceed the
// limit, and in a full group the latter has to wait for the end of its predecessor's session.
bool GroupCoordinator::has_room(const Group& group, const JoinGroupRequest& request, std::size_t size_max) {
  const auto* id = &request.member_id;
  if (request.group_instance_id && !group.members().contains(*id))
    if (const auto* holder = group.static_member(*request.group_instance_id)) id = holder;
  auto found = group.members().find(*id);
  const auto* member = found == group.members().end() ? nullptr : &found->second;
  switch (group.state()) {
    case GroupState::empty:
    case GroupState::dead: return true;
    case GroupState::preparing_rebalance: {
      if (member && member->awaits_join()) return true;
      auto others = group.awaiting_join() + group.absent_static() - (member && member->instance_id ? 1 : 0);
      return others < size_max;
    }
    case GroupState::completing_rebalance:
    case GroupState::stable: return member || group.members().size() < size_max;
  }
  FULMAR_UNREACHABLE();
}

void GroupCoordinator::join_new(GroupToken token, const GroupClient& client, const JoinGroupRequest& request,
                                Group& group, GroupTime now) {
  if (request.group_instance_id) {
    std::string id = new_member_id(*request.group_instance_id, new_uuid_());
    if (const std::string* old = group.static_member(*request.group_instance_id))
      return replace_static(token, client, request, group, std::string(*old), id, now);
    return add_member(token, client, request, group, id, now);
  }
  std::string id = new_member_id(client.client_id, new_uuid_());
  if (client.api_version < member_id_required_since) return add_member(token, client, request, group, id, now);
  if (group.pending_joins.size() >= settings_.pending_members_max) {
    FULMAR_MARK("groups: too many members without an answer");
    return answer_join_error(token, ErrorCode::coordinator_not_available);
  }
  Instant until = now.instant + session_timeout(request);
  group.pending_joins[id] = until;
  timers_.set({group.id(), GroupTimer::session, id}, until);
  answer_join_error(token, ErrorCode::member_id_required, id);
}

void GroupCoordinator::join_known(GroupToken token, const GroupClient& client, const JoinGroupRequest& request,
                                  Group& group, GroupTime now) {
  const std::string& id = request.member_id;
  if (!request.group_instance_id && group.pending_joins.contains(id))
    return add_member(token, client, request, group, id, now);
  if (auto error = validate_member(group, id, request.group_instance_id)) return answer_join_error(token, *error, id);
  Member& member = *group.member(id);
  bool same = same_protocols(member.protocols(), keep_protocols(request.protocols));
  switch (group.state()) {
    case GroupState::preparing_rebalance:
      return update_member(token, request, group, member, "member " + id + " joins again", now);
    case GroupState::completing_rebalance:
      // Nothing has changed: perhaps the last answer was lost.
      if (same) {
        FULMAR_MARK("groups: join repeated");
        return answer(token, joined(group, member, group.is_leader(id)));
      }
      return update_member(token, request, group, member, "member " + id + " has new metadata", now);
    case GroupState::stable:
      // A leader that joins again wants to assign anew, for example because topics have changed, even if its metadata
      // is the same.
      if (group.is_leader(id)) {
        FULMAR_MARK("groups: leader joins again");
        return update_member(token, request, group, member, "leader " + id + " joins again", now);
      }
      if (same) return answer(token, joined(group, member, false));
      return update_member(token, request, group, member, "member " + id + " has new metadata", now);
    case GroupState::empty:
    case GroupState::dead: FULMAR_UNREACHABLE();  // they have no members
  }
}

void GroupCoordinator::add_member(GroupToken token, const GroupClient& client, const JoinGroupRequest& request,
                                  Group& group, const std::string& id, GroupTime now) {
  Member made;
  made.id = id;
  made.instance_id = request.group_instance_id;
  made.client_id = client.client_id;
  made.client_host = client.client_host;
  made.session_timeout = session_timeout(request);
  made.is_new = true;
  if (group.initial_remaining) group.member_added = true;
  Member& member =
      group.add(std::move(made), keep_protocols(request.protocols), rebalance_timeout(request), request.protocol_type);
  wait_in_join(group, member, token);
  restart_session(group, member, settings_.new_member_join_timeout, now);
  rebalance_or_complete(group, "new member " + id + "; client reason: " + reason(request), now);
}

void GroupCoordinator::update_member(GroupToken token, const JoinGroupRequest& request, Group& group, Member& member,
                                     const std::string& why, GroupTime now) {
  group.update(member, keep_protocols(request.protocols), rebalance_timeout(request), session_timeout(request));
  wait_in_join(group, member, token);
  rebalance_or_complete(group, why + "; client reason: " + reason(request), now);
}

void GroupCoordinator::wait_in_join(Group& group, Member& member, GroupToken token) {
  // The client of the member's earlier request has most likely given up; if not, it joins again.
  if (auto before = group.await_join(member, token)) {
    FULMAR_MARK("groups: join replaces an earlier request");
    answer_join_error(*before, ErrorCode::rebalance_in_progress, member.id);
  }
}

JoinGroupResponse GroupCoordinator::joined(const Group& group, const Member& member, bool with_members) const {
  JoinGroupResponse response;
  response.generation_id = group.generation();
  response.protocol_type = group.protocol_type();
  response.protocol_name = group.protocol();
  response.leader = group.leader().value_or("");
  response.member_id = member.id;
  if (with_members)
    for (const auto& [id, other] : group.members())
      response.members.push_back({id, other.instance_id, *other.metadata(*group.protocol())});
  return response;
}

}  // namespace fulmar
