// How much of what each kind of life meets.
#pragma once

#include <span>

#include "faults/planner.h"

namespace fulmar {

// What may happen to one broker and its clients.
std::span<const FaultShape> single_broker_faults();
// To brokers that replicate: the same, and partitions of all shapes, a little of each.
std::span<const FaultShape> cluster_faults();
// Mostly networks that come apart.
std::span<const FaultShape> partition_faults();
// Mostly disks: also ones that lose what they had.
std::span<const FaultShape> disk_faults();
// Mostly brokers that go and come back, with what they had or without.
std::span<const FaultShape> churn_faults();

}  // namespace fulmar
