// The cluster scenarios, which differ only in faults and settings; see cluster_life.h for what happens in them.
#pragma once

#include "faults/plan.h"

namespace fulmar {

Plan plan_replication(std::uint64_t seed);
Plan plan_partitions(std::uint64_t seed);
Plan plan_disk(std::uint64_t seed);
Plan plan_churn(std::uint64_t seed);
Plan plan_metadata(std::uint64_t seed);
Plan plan_groups(std::uint64_t seed);
Plan plan_compaction(std::uint64_t seed);
Plan plan_exactly_once(std::uint64_t seed);

}  // namespace fulmar
