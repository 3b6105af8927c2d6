// Watches the groups and pipelines of clients that are not the workload's: their committed offsets, and what their
// transactions have committed.

#include <map>
#include <vector>

#include "broker/client/cluster_client.h"
#include "broker/client/consumer.h"
#include "runtime/host/clock.h"
#include "runtime/host/entropy.h"
#include "scenarios/clients.h"
#include "scenarios/group_offsets.h"
#include "scenarios/passing.h"
#include "scenarios/piping_client.h"

namespace fulmar {

namespace {

constexpr std::int64_t fetch_pace_ms = 1000;
constexpr std::int64_t polls_max = 200;  // from one consumer

Answer<Brokers::Connection> coordinator_of(Host& host, const Workload& workload, ClusterClient& cluster,
                                           const std::string& group) {
  auto deadline = host.clock().deadline_in(workload.request_timeout);
  FULMAR_TRY(auto id, cluster.coordinator_of(group, deadline));
  return cluster.broker(id, deadline);
}

}  // namespace

void watch_group(Host& host, Workload& workload, const OthersGroup& group) {
  auto random = host.entropy().stream();
  ClusterClient cluster(host, cluster_options(workload, random.split("cluster")));
  std::vector<PartitionName> partitions;
  for (std::int32_t partition = 0; partition < workload.topics.at(group.topic).partitions; ++partition)
    partitions.emplace_back(group.topic, partition);
  for (;;) {
    bool last = workload.stop;
    auto coordinator = coordinator_of(host, workload, cluster, group.group);
    auto error = fetch_offsets(host, workload, std::move(coordinator), group.group, partitions);
    if (last && error == ErrorCode::none) return;
    pause(host, random, fetch_pace_ms);
  }
}

void watch_pipeline(Host& host, Workload& workload, const OthersPipeline& pipeline) {
  auto random = host.entropy().stream();
  ClusterClient cluster(host, cluster_options(workload, random.split("cluster")));
  auto partitions = workload.topics.at(pipeline.source).partitions;
  std::vector<std::map<std::int32_t, Offset>> begins(1);
  for (std::int32_t partition = 0; partition < partitions; ++partition) begins[0][partition] = 0;
  while (!workload.stop) {
    // Mostly it goes on where the last one was.
    auto positions = random.chance(3, 4) ? begins.back() : begins[random.below(begins.size())];
    Consumer consumer(host, cluster, committed_only(workload), pipeline.target);
    for (auto [partition, position] : positions) consumer.assign(partition, position);
    auto asked = static_cast<std::int32_t>(random.below(static_cast<std::uint64_t>(partitions)));
    (void)read_up_to(host, workload, cluster, pipeline.group, {pipeline.source, asked});
    for (auto polls = random.between(1, polls_max); polls > 0 && !workload.stop; --polls) {
      auto polled = consumer.poll();
      if (!polled) pause(host, random, 300);
      for (const auto& part : polled ? *polled : std::vector<Polled>()) {
        if (part.error != ErrorCode::none) pause(host, random, 300);
        if (part.records.empty()) continue;
        note_committed_read(host, workload, pipeline.target, positions[part.partition], part);
      }
      for (auto& [partition, position] : positions) position = consumer.position(partition);
    }
    begins.push_back(std::move(positions));
  }
}

}  // namespace fulmar
