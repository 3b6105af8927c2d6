#include "scenarios/replication.h"

#include "faults/planner.h"
#include "scenarios/cluster_life.h"

namespace fulmar {

namespace {

Plan plan_cluster(std::uint64_t seed, const char* scenario, std::span<const FaultShape> shapes, bool takes_promises) {
  auto random = Random(seed).split(scenario);
  Plan plan;
  plan.scenario = scenario;
  plan.seed = seed;
  choose_cluster_settings(random.split("settings"), plan);
  auto window = fault_window(plan);
  if (takes_promises) window.victims_max = victims_max(plan);
  plan.faults = plan_faults(random.split("faults"), window, shapes);
  return plan;
}

}  // namespace

Plan plan_replication(std::uint64_t seed) {
  return plan_cluster(seed, "replication", cluster_faults(), false);
}

Plan plan_partitions(std::uint64_t seed) {
  return plan_cluster(seed, "partitions", partition_faults(), false);
}

Plan plan_disk(std::uint64_t seed) {
  return plan_cluster(seed, "disk", disk_faults(), true);
}

}  // namespace fulmar
