// Reassignment: how a partition's replicas change. The image has the target; the partition's group reaches it by
// itself, learners first, and then the reassignment is complete (KIP-455, Raft §6).
#pragma once

#include <optional>
#include <vector>

#include "broker/cluster/metadata_image.h"

namespace fulmar {

// The replicas before the current reassignment, and its target; without one both are the current replicas.
std::vector<ReplicaId> replicas_before(const PartitionImage& partition);
std::vector<ReplicaId> replicas_wanted(const PartitionImage& partition);

// The partition with these replicas as target, whatever its state; no replica twice, and at least one. To cancel,
// reassign to replicas_before().
PartitionImage reassigned(const PartitionImage& partition, std::vector<ReplicaId> wanted);

// The partition once its group has settled these voters, ascending, in the configuration with this mark; nullopt if
// they are not the target, if that configuration is older than one that is known to be settled, or if nothing changes.
std::optional<PartitionImage> settled(const PartitionImage& partition, const std::vector<ReplicaId>& voters,
                                      ConfigurationMark mark);

}  // namespace fulmar
