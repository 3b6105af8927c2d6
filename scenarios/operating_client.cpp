// A cluster's operator: reassigns partitions, cancels some reassignments, and requests leader elections.
#include "broker/protocol/messages/leaders.h"
#include "broker/protocol/messages/reassignments.h"
#include "runtime/host/clock.h"
#include "runtime/host/entropy.h"
#include "scenarios/clients.h"
#include "scenarios/plan_settings.h"

namespace fulmar {

namespace {

constexpr std::int64_t second_thoughts_ms_max = 1500;  // from a reassignment to its cancellation

// `count` different brokers, the preferred leader first.
std::vector<std::int32_t> choose_replicas(Random& random, std::int64_t brokers, std::int64_t count) {
  std::vector<std::int32_t> all;
  for (std::int32_t id = 1; id <= brokers; ++id) all.push_back(id);
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
    auto other = i + random.below(all.size() - i);
    std::swap(all[i], all[other]);
  }
  all.resize(static_cast<std::size_t>(count));
  return all;
}

}  // namespace

void operate(Host& host, Workload& workload) {
  auto random = host.entropy().stream();
  ClusterClient brokers(host, cluster_options(workload, random.split("cluster")));
  auto ask = [&]<class Response>(const auto& request) {
    auto deadline = host.clock().deadline_in(workload.request_timeout);
    auto connection = brokers.any(deadline);
    if (connection) {
      // The response does not matter: checkers judge what is stored and served.
      auto answered = (*connection)->template call<Response>(request, deadline);
      if (!answered) (*connection)->abort();
    }
  };
  auto move = [&](const TopicPartition& tp, std::optional<std::vector<std::int32_t>> replicas) {
    AlterPartitionReassignmentsRequest request;
    request.timeout_ms = 1000;
    request.topics.push_back({tp.topic, {{tp.partition, std::move(replicas)}}});
    ask.template operator()<AlterPartitionReassignmentsResponse>(request);
  };
  auto cancelled_percent = static_cast<std::uint64_t>(workload.plan.setting_or(settings::cancelled_moves_percent, 0));
  while (!workload.stop) {
    pause(host, random, workload.plan.setting(settings::operator_pace_ms));
    auto tp = pick_partition(random, workload);
    if (workload.plan.setting_or(settings::keyed_clients, 0) && random.chance(3, 4))
      tp = {compacted_topic, static_cast<std::int32_t>(random.below(compacted_partitions))};
    switch (random.below(6)) {
      case 0: move(tp, std::nullopt); break;
      case 1: {
        ElectLeadersRequest request;
        request.timeout_ms = 1000;
        request.topics.emplace().push_back({tp.topic, {tp.partition}});
        ask.template operator()<ElectLeadersResponse>(request);
        break;
      }
      default:
        move(tp, choose_replicas(random, workload.plan.setting(settings::brokers),
                                 workload.plan.setting(settings::replication_factor)));
        if (cancelled_percent > 0 && random.chance(cancelled_percent, 100)) {
          pause(host, random, second_thoughts_ms_max);
          move(tp, std::nullopt);
        }
    }
  }
}

}  // namespace fulmar
