// Placement: which brokers get the replicas of new partitions. Balanced over brokers, spread over racks.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/random.h"

namespace fulmar {

// A broker that may be given replicas, and what it has already.
struct Candidate {
  std::int32_t broker = -1;
  std::optional<std::string> rack;  // none: a rack of its own
  std::int64_t replicas = 0;
  std::int64_t leaders = 0;  // partitions it is the preferred leader of
};

// The replicas of each new partition, its preferred leader first. No broker twice in a partition; no rack with more of
// a partition's replicas than another that could take one; of those that are left the broker with the fewest. Nobody is
// the preferred leader of two more than somebody it could pass one on to, through others too. `factor` is at least 1
// and at most the number of candidates. Who comes first among equals is drawn from `random`.
std::vector<std::vector<std::int32_t>> place_replicas(std::vector<Candidate> candidates, std::int32_t partitions,
                                                      std::int32_t factor, Random& random);

// Who takes the place of a replica beside `others`, by the same rules; nullopt if no candidate is left. The choice is
// counted in the candidates.
std::optional<std::int32_t> place_one(std::vector<Candidate>& candidates, const std::vector<std::int32_t>& others);

}  // namespace fulmar
