// The brokers that may be given replicas, and their load.
#pragma once

#include <map>
#include <vector>

#include "broker/cluster/metadata_image.h"
#include "broker/cluster/placement.h"

namespace fulmar {

// By broker. In time linear in the number of partitions.
std::map<std::int32_t, Candidate> placement_candidates(const MetadataImage& image);

// Counts the replicas of these new partitions.
template <class Partitions>
void count_replicas(const Partitions& partitions, std::map<std::int32_t, Candidate>& candidates) {
  for (const auto& partition : partitions) {
    for (const auto& replica : partition.replicas)
      if (auto found = candidates.find(replica.broker); found != candidates.end()) ++found->second.replicas;
    if (auto found = candidates.find(partition.replicas.front().broker); found != candidates.end())
      ++found->second.leaders;
  }
}

std::vector<Candidate> listed(const std::map<std::int32_t, Candidate>& candidates);

}  // namespace fulmar
