#include "broker/client/group_member.h"

#include "broker/client/group_admin.h"
#include "broker/protocol/messages/group_offsets.h"
#include "runtime/host/clock.h"

namespace fulmar {

GroupMember::GroupMember(Host& host, ClusterClient& cluster, GroupMemberOptions options)
    : host_(host), cluster_(cluster), options_(std::move(options)), coordinator_(cluster, options_.group) {}

template <class Response, class Request>
Answer<Response> GroupMember::ask(const Request& request, Duration patience, std::int16_t version_max) {
  FULMAR_TRY(auto connection, coordinator(host_.clock().deadline_in(cluster_.options().request_timeout)));
  return coordinator_.believe(
      connection->template call<Response>(request, host_.clock().deadline_in(patience), version_max));
}

std::unexpected<ClientError> GroupMember::failed(ErrorCode error, const char* what) {
  switch (error) {
    case ErrorCode::rebalance_in_progress:
    case ErrorCode::illegal_generation:
    case ErrorCode::fenced_instance_id: break;
    case ErrorCode::unknown_member_id: forget(); break;
    default: coordinator_.doubt();
  }
  return refuse(error, std::string(what) + " of group " + options_.group);
}

void GroupMember::forget() {
  id_.clear();
  generation_ = -1;
}

Answer<GroupMember::Joined> GroupMember::join() {
  JoinGroupRequest request;
  request.group_id = options_.group;
  request.session_timeout_ms = static_cast<std::int32_t>(options_.session_timeout.count());
  request.rebalance_timeout_ms = static_cast<std::int32_t>(options_.rebalance_timeout.count());
  request.protocol_type = options_.protocol_type;
  request.protocols = options_.protocols;
  request.group_instance_id = options_.instance_id;
  request.member_id = id_;
  auto patience = options_.rebalance_timeout + cluster_.options().request_timeout;
  FULMAR_TRY(auto response, ask<JoinGroupResponse>(request, patience));
  // a new member joins again with the id it was given (KIP-394)
  if (response.error_code == ErrorCode::member_id_required) {
    id_ = request.member_id = response.member_id;
    FULMAR_TRY(response, ask<JoinGroupResponse>(request, patience));
  }
  if (response.error_code != ErrorCode::none) return failed(response.error_code, "a join");
  id_ = response.member_id;
  generation_ = response.generation_id;
  protocol_ = response.protocol_name.value_or("");
  return Joined{response.leader == id_, response.leader.empty(), response.skip_assignment, protocol_,
                std::move(response.members)};
}

Answer<Bytes> GroupMember::sync(std::vector<SyncGroupRequest::Assignment> assignments) {
  SyncGroupRequest request;
  request.group_id = options_.group;
  request.generation_id = generation_;
  request.member_id = id_;
  request.group_instance_id = options_.instance_id;
  request.protocol_type = options_.protocol_type;
  request.protocol_name = protocol_;
  request.assignments = std::move(assignments);
  FULMAR_TRY(auto response,
             ask<SyncGroupResponse>(request, options_.rebalance_timeout + cluster_.options().request_timeout));
  if (response.error_code != ErrorCode::none) return failed(response.error_code, "a sync");
  return std::move(response.assignment);
}

Answer<void> GroupMember::heartbeat() {
  HeartbeatRequest request{options_.group, generation_, id_, options_.instance_id};
  FULMAR_TRY(auto response, ask<HeartbeatResponse>(request, cluster_.options().request_timeout));
  if (response.error_code != ErrorCode::none) return failed(response.error_code, "a heartbeat");
  return {};
}

Answer<void> GroupMember::leave() {
  if (id_.empty()) return {};
  LeaveGroupRequest request;
  request.group_id = options_.group;
  request.member_id = id_;  // for versions up to 2
  request.members.push_back({id_, options_.instance_id, std::nullopt});
  forget();
  FULMAR_TRY(auto response, ask<LeaveGroupResponse>(request, cluster_.options().request_timeout));
  auto error = response.error_code;
  if (error == ErrorCode::none && !response.members.empty()) error = response.members.front().error_code;
  if (error != ErrorCode::none) return failed(error, "a leave");
  return {};
}

Answer<std::map<PartitionName, ErrorCode>> GroupMember::commit(const GroupOffsets& offsets) {
  auto request = offset_commit(options_.group, offsets);
  request.generation_id_or_member_epoch = generation_;
  request.member_id = id_;
  request.group_instance_id = options_.instance_id;
  FULMAR_TRY(auto response,
             ask<OffsetCommitResponse>(request, cluster_.options().request_timeout, offset_commit_by_name));
  auto told = errors_by_partition(response);
  for (const auto& [partition, error] : told)
    if (error != ErrorCode::none) (void)failed(error, "a commit");
  return told;
}

}  // namespace fulmar
