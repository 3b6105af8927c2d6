// The faults of each kind of life: how often, how long and how strong.
#pragma once

#include <span>

#include "faults/planner.h"

namespace fulmar {

// For one broker and its clients.
std::span<const FaultShape> single_broker_faults();
// For clusters: the same and partitions of all shapes, a little of each.
std::span<const FaultShape> cluster_faults();
// Mostly network partitions.
std::span<const FaultShape> partition_faults();
// Mostly disk faults, including lost data.
std::span<const FaultShape> disk_faults();
// Mostly brokers that go and come back, with or without their data.
std::span<const FaultShape> churn_faults();

}  // namespace fulmar
