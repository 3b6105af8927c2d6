// A client that adds brokers to the controllers, and removes them (KIP-853); and the check of the controllers at the
// end.
#include <algorithm>

#include "broker/protocol/messages/quorum.h"
#include "broker/protocol/messages/raft_voters.h"
#include "runtime/host/clock.h"
#include "runtime/host/entropy.h"
#include "scenarios/clients.h"
#include "scenarios/plan_settings.h"
#include "scenarios/telling.h"

namespace fulmar {

namespace {

using Quorum = DescribeQuorumResponse::Topic::Partition;

constexpr std::size_t voters_min = 2;  // so that one failure does not end the cluster
constexpr std::int32_t patience_ms = 2000;
constexpr Duration retry_interval = milliseconds(100);

std::optional<Quorum> describe_quorum(Host& host, Workload& workload, ClusterClient& brokers) {
  auto deadline = host.clock().deadline_in(workload.request_timeout);
  auto connection = brokers.any(deadline);
  if (!connection) return std::nullopt;
  DescribeQuorumRequest request;
  request.topics.push_back({"__cluster_metadata", {{0}}});
  auto response = (*connection)->call<DescribeQuorumResponse>(request, deadline);
  if (!response) (*connection)->abort();
  bool told = response && response->topics.size() == 1 && response->topics[0].partitions.size() == 1;
  if (!told || response->topics[0].partitions[0].error_code != ErrorCode::none) return std::nullopt;
  return response->topics[0].partitions[0];
}

// Errors that mean that nothing was done.
bool is_refusal(ErrorCode error) {
  switch (error) {
    case ErrorCode::duplicate_voter:
    case ErrorCode::voter_not_found:
    case ErrorCode::broker_id_not_registered:
    case ErrorCode::invalid_voter_key:
    case ErrorCode::invalid_request: return true;
    default: return false;
  }
}

template <class Response, class Request>
void change(Host& host, Workload& workload, ClusterClient& brokers, const Request& request, Mark done) {
  auto index = workload.history.controller_operations.size();
  workload.history.controller_operations.push_back({.broker = request.voter_id,
                                                    .adds = std::is_same_v<Request, AddRaftVoterRequest>,
                                                    .invoked = host.clock().now()});
  tell_begun(workload, workload.history.controller_operations[index]);
  auto deadline = host.clock().deadline_in(workload.request_timeout);
  auto outcome = Outcome::failed;
  if (auto connection = brokers.any(deadline)) {
    auto response = (*connection)->template call<Response>(request, deadline);
    if (!response) (*connection)->abort();
    outcome = response && response->error_code == ErrorCode::none ? Outcome::ok : Outcome::unknown;
    if (response && is_refusal(response->error_code)) outcome = Outcome::failed;
  }
  if (outcome == Outcome::ok) workload.marks.reach(done);
  auto& operation = workload.history.controller_operations[index];
  operation.completed = host.clock().now();
  operation.outcome = outcome;
  tell_ended(workload, operation);
}

}  // namespace

void change_controllers(Host& host, Workload& workload) {
  auto random = host.entropy().stream();
  ClusterClient brokers(host, cluster_options(workload, random.split("cluster")));
  workload.marks.expect(Mark::controller_added);
  workload.marks.expect(Mark::controller_removed);
  while (!workload.stop) {
    pause(host, random, workload.plan.setting(settings::controller_pace_ms));
    auto quorum = describe_quorum(host, workload, brokers);
    if (!quorum) continue;
    bool removes = quorum->voters.size() > voters_min && (quorum->observers.empty() || random.chance(1, 2));
    const auto& from = removes ? quorum->voters : quorum->observers;
    if (from.empty()) continue;
    const auto& chosen = from[random.below(from.size())];
    if (removes) {
      RemoveRaftVoterRequest request{std::nullopt, chosen.replica_id, chosen.directory_id};
      change<RemoveRaftVoterResponse>(host, workload, brokers, request, Mark::controller_removed);
    } else {
      AddRaftVoterRequest request;
      request.timeout_ms = patience_ms;
      request.voter_id = chosen.replica_id;
      request.voter_directory_id = chosen.directory_id;
      change<AddRaftVoterResponse>(host, workload, brokers, request, Mark::controller_added);
    }
  }
}

int list_controllers(Host& host, Workload& workload) {
  auto options = guarded_options(workload);
  for (const auto& [id, address] : workload.core) options.bootstrap.push_back(address);
  ClusterClient brokers(host, options);
  for (;;) {
    if (auto quorum = describe_quorum(host, workload, brokers)) {
      auto& all = workload.history.final_controllers.emplace();
      for (const auto& voter : quorum->voters) all.insert(voter.replica_id);
      return 0;
    }
    host.clock().sleep_for(retry_interval);
  }
}

}  // namespace fulmar
