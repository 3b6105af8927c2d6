// The replicas of partitions: as a client assigns them, or as placement chooses them. Errors are for people.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "broker/cluster/placement.h"
#include "broker/server/controller/draft.h"

namespace fulmar {

// The replicas on these brokers, in this order.
std::expected<std::vector<ReplicaId>, std::string> assigned_replicas(const MetadataImage& image,
                                                                     const std::vector<std::int32_t>& brokers);

// Replicas for new partitions, on live brokers.
std::expected<std::vector<PartitionImage>, std::string> placed_replicas(Draft& draft, std::int32_t partitions,
                                                                        std::int32_t factor);

}  // namespace fulmar
