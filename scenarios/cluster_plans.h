// The cluster scenarios, which differ only in faults and settings; see cluster_life.h for what happens in them.
#pragma once

#include "faults/plan.h"
#include "faults/planner.h"

namespace fulmar {

Plan plan_replication(std::uint64_t seed, FaultDraw draw);
Plan plan_partitions(std::uint64_t seed, FaultDraw draw);
Plan plan_disk(std::uint64_t seed, FaultDraw draw);
Plan plan_churn(std::uint64_t seed, FaultDraw draw);
Plan plan_metadata(std::uint64_t seed, FaultDraw draw);
Plan plan_administration(std::uint64_t seed, FaultDraw draw);
Plan plan_groups(std::uint64_t seed, FaultDraw draw);
Plan plan_compaction(std::uint64_t seed, FaultDraw draw);
Plan plan_exactly_once(std::uint64_t seed, FaultDraw draw);

}  // namespace fulmar
