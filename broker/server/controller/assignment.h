// Which replicas partitions get: those a client names, or those that placement finds. The errors say what is wrong, for
// people.
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

// Replicas for new partitions, on the brokers that are alive.
std::expected<std::vector<PartitionImage>, std::string> placed_replicas(Draft& draft, std::int32_t partitions,
                                                                        std::int32_t factor);

}  // namespace fulmar
