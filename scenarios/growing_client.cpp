// Adds partitions to topics while they are used.
#include "broker/protocol/messages/topics.h"
#include "runtime/host/clock.h"
#include "runtime/host/entropy.h"
#include "scenarios/clients.h"

namespace fulmar {

void add_partitions(Host& host, Workload& workload) {
  constexpr std::int32_t partitions_max = 4;
  auto random = host.entropy().stream();
  ClusterClient brokers(host, cluster_options(workload, random.split("cluster")));
  while (!workload.stop) {
    pause(host, random, 30'000);
    if (workload.stop) return;
    for (auto& [name, spec] : workload.topics) {
      if (!spec.grows || spec.partitions >= partitions_max) continue;
      auto deadline = host.clock().deadline_in(workload.request_timeout);
      auto connection = brokers.any(deadline);
      if (!connection) break;
      CreatePartitionsRequest request;
      request.timeout_ms = 2000;
      auto wanted = spec.partitions + 1;
      request.topics.push_back({name, wanted, std::nullopt});
      auto response = (*connection)->call<CreatePartitionsResponse>(request, deadline);
      if (!response || response->results.size() != 1) continue;
      auto error = response->results[0].error_code;
      // An earlier attempt without a response may have added them.
      if (error != ErrorCode::none && error != ErrorCode::invalid_partitions) continue;
      spec.partitions = std::max(spec.partitions, wanted);
      if (error == ErrorCode::none) workload.marks.reach(Mark::partitions_added);
    }
  }
}

}  // namespace fulmar
