// JoinGroup, SyncGroup, Heartbeat, LeaveGroup, ConsumerGroupHeartbeat: requests of a group's members to its
// coordinator.
#include "broker/protocol/messages/classic_group.h"
#include "broker/protocol/messages/consumer_group.h"
#include "broker/server/requests/coordinator_answer.h"

namespace fulmar {

namespace {

GroupClient client_of(const Request& call) {
  return {call.header().client_id.value_or(""), "/" + call.session().peer.host, call.version()};
}

template <class Response>
Response refused_with(ErrorCode error) {
  Response response;
  response.error_code = error;
  return response;
}

template <class Response>
Finish ask(BrokerShard& shard, const Request& call, const std::string& group, const GroupService::Input& input) {
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
