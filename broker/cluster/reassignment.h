// Reassignment: how a partition's replicas change. The image says what is wanted; the partition's group gets there by
// itself, learners first; and only when it has is the change over (KIP-455, Raft §6).
#pragma once

#include <optional>
#include <vector>

#include "broker/cluster/metadata_image.h"

namespace fulmar {

// The replicas a partition had before the change that is under way, and those it is to have: without a change the same.
std::vector<ReplicaId> replicas_before(const PartitionImage& partition);
std::vector<ReplicaId> replicas_wanted(const PartitionImage& partition);

// The partition on its way to these replicas, from wherever it is now; no replica twice, and at least one. To go back
// is to be reassigned to replicas_before().
PartitionImage reassigned(const PartitionImage& partition, std::vector<ReplicaId> wanted);

// The partition once its group is at rest with these voters, ascending, by a configuration that stands at `mark`;
// nullopt if that is not what is wanted, or nothing new.
std::optional<PartitionImage> settled(const PartitionImage& partition, const std::vector<ReplicaId>& voters,
                                      ConfigurationMark mark);

}  // namespace fulmar
