#include "broker/client/quorum_admin.h"

#include "broker/protocol/messages/raft_voters.h"

namespace fulmar {

namespace {

// `done_already`: the error of a repeated request once the change is made.
template <class Response, class Request>
Answer<void> change(ClusterClient& cluster, const Request& request, ErrorCode done_already) {
  bool tried = false;  // a try may be carried out, now or later
  return cluster.retry([&](Deadline deadline) -> Answer<void> {
    FULMAR_TRY(auto controller, cluster.controller(deadline));
    auto response = controller->template call<Response>(request, deadline);
    if (!response) {
      tried = true;
      return std::unexpected(response.error());
    }
    if (response->error_code == ErrorCode::none || (tried && response->error_code == done_already)) return {};
    tried = tried || response->error_code == ErrorCode::request_timed_out ||
            response->error_code == ErrorCode::not_controller;
    return refuse(response->error_code,
                  response->error_message.value_or("controller " + std::to_string(request.voter_id)));
  });
}

}  // namespace

Answer<void> add_controller(ClusterClient& cluster, std::int32_t broker, const Uuid& directory) {
  AddRaftVoterRequest request;
  request.timeout_ms = cluster.options().broker_timeout_ms();
  request.voter_id = broker;
  request.voter_directory_id = directory;
  return change<AddRaftVoterResponse>(cluster, request, ErrorCode::duplicate_voter);
}

Answer<void> remove_controller(ClusterClient& cluster, std::int32_t broker, const Uuid& directory) {
  return change<RemoveRaftVoterResponse>(cluster, RemoveRaftVoterRequest{std::nullopt, broker, directory},
                                         ErrorCode::voter_not_found);
}

}  // namespace fulmar
