// JoinGroup, SyncGroup, Heartbeat, LeaveGroup, ConsumerGroupHeartbeat: requests of a group's members to its
// coordinator.
#include "broker/protocol/messages/classic_group.h"
#include "broker/protocol/messages/consumer_group.h"
#include "broker/server/requests/access.h"
#include "broker/server/requests/coordinator_answer.h"

namespace fulmar {

namespace {

GroupClient client_of(const Request& call) {
  return {call.header().client_id.value_or(""), "/" + call.session().peer.host, call.version(),
          to_string(call.session().principal)};
}

template <class Response>
Response refused_with(ErrorCode error) {
  Response response;
  response.error_code = error;
  return response;
}

// Of a member of the group.
template <class Response>
Finish ask(BrokerShard& shard, const Request& call, const std::string& group, const GroupService::Input& input) {
  if (!Access(shard, call).may_on_group(AclOperation::read, group))
    return Finish::with(call.answer(refused_with<Response>(ErrorCode::group_authorization_failed)));
  return CoordinatorAnswer<Response>::begin(
      shard, group, input, [call](const Response& response) { return call.answer(response); }, refused_with<Response>);
}

}  // namespace

Result<Finish> begin_join_group(BrokerShard& shard, const Request& call) {
  FULMAR_TRY(auto request, call.body<JoinGroupRequest>());
  auto client = client_of(call);
  return ask<JoinGroupResponse>(shard, call, request.group_id,
                                [&](GroupCoordinator& groups, GroupToken token, CoordinatorTime now) {
                                  groups.join(token, client, request, now);
                                });
}

Result<Finish> begin_sync_group(BrokerShard& shard, const Request& call) {
  FULMAR_TRY(auto request, call.body<SyncGroupRequest>());
  // From that version on a request without its protocol is refused before anything else.
  constexpr std::int16_t names_protocol_since = 5;
  if (call.version() >= names_protocol_since && (!request.protocol_type || !request.protocol_name))
    return Finish::with(call.answer(refused_with<SyncGroupResponse>(ErrorCode::inconsistent_group_protocol)));
  return ask<SyncGroupResponse>(
      shard, call, request.group_id,
      [&](GroupCoordinator& groups, GroupToken token, CoordinatorTime now) { groups.sync(token, request, now); });
}

Result<Finish> begin_heartbeat(BrokerShard& shard, const Request& call) {
  FULMAR_TRY(auto request, call.body<HeartbeatRequest>());
  return ask<HeartbeatResponse>(
      shard, call, request.group_id,
      [&](GroupCoordinator& groups, GroupToken token, CoordinatorTime now) { groups.heartbeat(token, request, now); });
}

Result<Finish> begin_consumer_group_heartbeat(BrokerShard& shard, const Request& call) {
  FULMAR_TRY(auto request, call.body<ConsumerGroupHeartbeatRequest>());
  auto client = client_of(call);
  if (level_of(shard.image()->features, "group.version") < 1)  // KIP-848
    return Finish::with(call.answer(refused_with<ConsumerGroupHeartbeatResponse>(ErrorCode::unsupported_version)));
  if (request.subscribed_topic_names) {
    Access access(shard, call);
    // The group is asked about first, as in Kafka.
    if (access.sees(AclOperation::read, AclResourceType::group, request.group_id))
      for (const auto& topic : *request.subscribed_topic_names)
        if (!access.may_on_topic(AclOperation::describe, topic))
          return Finish::with(
              call.answer(refused_with<ConsumerGroupHeartbeatResponse>(ErrorCode::topic_authorization_failed)));
  }
  return ask<ConsumerGroupHeartbeatResponse>(shard, call, request.group_id,
                                             [&](GroupCoordinator& groups, GroupToken token, CoordinatorTime now) {
                                               groups.heartbeat(token, client, request, now);
                                             });
}

Result<Finish> begin_leave_group(BrokerShard& shard, const Request& call) {
  FULMAR_TRY(auto request, call.body<LeaveGroupRequest>());
  auto client = client_of(call);
  return ask<LeaveGroupResponse>(shard, call, request.group_id,
                                 [&](GroupCoordinator& groups, GroupToken token, CoordinatorTime now) {
                                   groups.leave(token, client, request, now);
                                 });
}

}  // namespace fulmar
