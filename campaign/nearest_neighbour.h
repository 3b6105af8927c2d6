// The nearest neighbour of a failing life that passes: the life without one of its faults that goes the same way for
// longest. Where the two part, and what followed on each side, shows what that fault did.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "campaign/signature.h"
#include "campaign/worker.h"

namespace fulmar {

struct NearestNeighbour {
  std::string without;               // the fault
  std::string verdict;               // of the neighbour
  std::uint64_t same_lines = 0;      // of the two traces, from their begin
  std::vector<std::string> failing;  // the first lines of each that follow: the very next, then those of the account
  std::vector<std::string> passing;
};

struct NeighbourSearch {
  std::optional<NearestNeighbour> nearest;  // nullopt: it fails without any one of its faults
  int interrupted_by = 0;
};

NeighbourSearch find_nearest_neighbour(const Scenario& scenario, const Plan& plan, const Signature& signature,
                                       const WorkerLimits& limits);

std::string describe(const NearestNeighbour& neighbour);

}  // namespace fulmar
