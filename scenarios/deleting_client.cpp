#include "broker/protocol/messages/topics.h"
#include "runtime/host/clock.h"
#include "runtime/host/entropy.h"
#include "scenarios/clients.h"

namespace fulmar {

void delete_records(Host& host, Workload& workload) {
  auto random = host.entropy().stream();
  ClusterClient brokers(host, cluster_options(workload, random.split("cluster")));
  while (!workload.stop) {
    pause(host, random, 20'000);
    auto of = pick_partition(random, workload);
    auto deadline = host.clock().deadline_in(workload.request_timeout);
    auto connection = brokers.leader(of.topic, of.partition, deadline);
    if (!connection) continue;
    Offset seen = 0;
    for (const auto& send : workload.history.sends)
      if (send.to == of && send.outcome == Outcome::ok && send.base_offset >= 0)
        seen = std::max(seen, send.base_offset + 1);
    DeleteOperation deletion{of, static_cast<Offset>(random.below(static_cast<std::uint64_t>(seen / 2) + 1)),
                             host.clock().now(), Instant::max(), Outcome::pending};
    auto index = workload.history.deletes.size();
    workload.history.deletes.push_back(deletion);
    DeleteRecordsRequest request;
    request.timeout_ms = 1000;
    request.topics.push_back({of.topic, {{of.partition, deletion.offset}}});
    auto response = (*connection)->call<DeleteRecordsResponse>(request, deadline);
    auto& done = workload.history.deletes[index];
    done.completed = host.clock().now();
    bool answered = response && response->topics.size() == 1 && response->topics[0].partitions.size() == 1;
    auto error = answered ? response->topics[0].partitions[0].error_code : ErrorCode::unknown_server_error;
    done.outcome = error == ErrorCode::none ? Outcome::ok : Outcome::unknown;
    if (error != ErrorCode::none) brokers.doubt_leader(of.topic, of.partition);
  }
}

}  // namespace fulmar
