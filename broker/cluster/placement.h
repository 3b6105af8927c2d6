// Placement: assigns the replicas of new partitions to brokers. Balanced over brokers, spread over racks.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/random.h"

namespace fulmar {

// A broker that may be given replicas, and its current load.
struct Candidate {
  std::int32_t broker = -1;
  std::optional<std::string> rack;  // none: a rack of its own
  std::int64_t replicas = 0;
  std::int64_t leaders = 0;  // partitions whose preferred leader it is
};

// The replicas of each new partition, the preferred leader first. No broker twice in a partition; no rack gets more of
// a partition's replicas than another that could take one; within that, the broker with the fewest replicas. No broker
// is the preferred leader of two partitions more than one to which it could pass a leadership, directly or through
// others. `factor` is at least 1 and at most the number of candidates. `random` decides between equals.
std::vector<std::vector<std::int32_t>> place_replicas(std::vector<Candidate> candidates, std::int32_t partitions,
                                                      std::int32_t factor, Random& random);

// Chooses the broker that replaces a replica, beside `others`, by the same rules; nullopt if no candidate is left.
// Counts the choice in `candidates`.
std::optional<std::int32_t> place_one(std::vector<Candidate>& candidates, const std::vector<std::int32_t>& others);

}  // namespace fulmar
