// The brokers that may be given replicas, and how many they have already.
#pragma once

#include <map>
#include <vector>

#include "broker/cluster/metadata_image.h"
#include "broker/cluster/placement.h"

namespace fulmar {

// By broker. In time linear in the partitions there are.
std::map<std::int32_t, Candidate> placement_candidates(const MetadataImage& image);

// Counts the replicas of these partitions, which have been placed.
void count_replicas(const std::vector<PartitionImage>& partitions, std::map<std::int32_t, Candidate>& candidates);

std::vector<Candidate> listed(const std::map<std::int32_t, Candidate>& candidates);

}  // namespace fulmar
