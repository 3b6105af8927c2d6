#include "scenarios/counted_cluster.h"

#include "broker/client/cluster_client.h"
#include "scenarios/plan_settings.h"

namespace fulmar {

namespace {

constexpr Duration prepare_max = seconds(60);
constexpr Duration count_max = seconds(600);

// Of a broker's defaults, where these are not of a size that lives never reach.
Plan fixed_plan() {
  Plan plan;
  plan.scenario = "counts";
  plan.set(settings::brokers, 3);
  plan.set(settings::replication_factor, 3);
  plan.set(settings::shards, 1);
  plan.set(settings::reshard, 0);
  plan.set(settings::segment_bytes, 1 << 30);
  plan.set(settings::index_interval_bytes, 4096);
  plan.set(settings::checkpoint_ms, 60'000);
  plan.set(settings::retention_check_ms, 300'000);
  return plan;
}

}  // namespace

CountedCluster::CountedCluster()
    : plan_(fixed_plan()),
      world_(1, LogLevel::warn),
      cluster_(world_, plan_, marks_),
      client_(world_.add_node("client")) {
  for (std::size_t node = 0; node < cluster_.size(); ++node) cluster_.start(node);
}

CountedCluster::~CountedCluster() {
  for (std::size_t node = 0; node < world_.node_count(); ++node) world_.node(node).kill();
}

bool CountedCluster::run(const Work& work, Duration limit) {
  bool well = false;
  client_.start(1, [&](Host& host) {
    ClusterClientOptions options;
    options.bootstrap = cluster_.addresses();
    ClusterClient brokers(host, options);
    well = work(host, brokers);
    return 0;
  });
  bool ended = world_.run_until([this] { return !client_.running(); }, world_.now() + limit);
  client_.kill();
  return ended && well && cluster_.violations().empty();
}

bool CountedCluster::prepare(const Work& work) {
  auto ready = [this] {
    for (std::size_t node = 0; node < cluster_.size(); ++node)
      if (!cluster_.ready(node)) return false;
    return true;
  };
  return world_.run_until(ready, world_.now() + prepare_max) && run(work, prepare_max);
}

CountedWork CountedCluster::count(std::uint64_t units, const Work& work) {
  Counts counts;
  world_.trace().set_observer([&](const Happening& happening) { note(happening, counts); });
  auto before = work_of_brokers();
  auto events = world_.trace().events();
  auto begun = world_.now();
  bool done = run(work, count_max);
  world_.trace().set_observer({});
  auto after = work_of_brokers();
  return {done ? units : 0,
          {{"segments between brokers", counts.broker_segments},
           {"bytes between brokers", counts.broker_bytes},
           {"segments from and to clients", counts.client_segments},
           {"bytes from and to clients", counts.client_bytes},
           {"messages between shards", counts.shard_messages},
           {"disk writes", counts.writes},
           {"bytes written to disks", counts.written_bytes},
           {"syncs", counts.syncs},
           {"other disk operations", counts.other_disk_operations},
           {"bytes copied by brokers", after.copied_bytes - before.copied_bytes},
           {"steps of brokers' fibers", after.steps - before.steps},
           {"events of the world", world_.trace().events() - events},
           {"simulated microseconds", static_cast<std::uint64_t>((world_.now() - begun) / microseconds(1))}}};
}

void CountedCluster::note(const Happening& happening, Counts& counts) const {
  if (!happening.where) return;
  bool here = is_broker(happening.where->node);
  switch (happening.kind) {
    case Happening::Kind::sent: {
      if (happening.peer == happening.where->node) {
        if (here) ++counts.shard_messages;
        return;
      }
      bool between_brokers = here && happening.peer && is_broker(*happening.peer);
      ++(between_brokers ? counts.broker_segments : counts.client_segments);
      (between_brokers ? counts.broker_bytes : counts.client_bytes) += happening.bytes;
      return;
    }
    case Happening::Kind::disk:
      if (!here) return;
      ++(happening.bytes > 0 ? counts.writes : counts.other_disk_operations);
      counts.written_bytes += happening.bytes;
      return;
    case Happening::Kind::sync:
      if (here) ++counts.syncs;
      return;
    default: return;
  }
}

NodeWork CountedCluster::work_of_brokers() {
  NodeWork all;
  for (std::size_t node = 0; node < cluster_.size(); ++node) {
    all.steps += world_.node(node).work().steps;
    all.copied_bytes += world_.node(node).work().copied_bytes;
  }
  return all;
}

}  // namespace fulmar
