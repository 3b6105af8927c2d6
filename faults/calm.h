// Calm: a time in a life in which most servers, and all clients, are left alone, while the others may meet anything:
// they may even be cut off from those in one direction only. A majority of all replicas of anything is among those who
// are left alone, so that it has to have leaders, and to keep them.
#pragma once

#include <optional>
#include <set>

#include "faults/plan.h"
#include "faults/planner.h"

namespace fulmar {

// How plans have it: when it begins, how long it lasts, and the bits of the servers that are not left alone.
namespace settings {
inline constexpr Setting calm_from_ms{"calm_from_ms", 0, 3'600'000};
inline constexpr Setting calm_ms{"calm_ms", 0, 3'600'000};
inline constexpr Setting calm_rest{"calm_rest", 0, (1 << 15) - 1};
}  // namespace settings

struct Calm {
  Instant begin;
  Instant end;
  std::set<std::size_t> rest;  // the nodes that are not left alone
};

// The calm of a plan, by its settings; nullopt if it has none.
std::optional<Calm> calm_of(const Plan& plan);
// Chooses one, in half of all plans, and takes what would disturb it out of the plan's faults.
void choose_calm(Random random, const FaultWindow& window, std::size_t rest_max, Plan& plan);
// Whether any of those who are to be left alone, or what lies between them, has to do with the fault.
bool disturbs(const Fault& fault, const Calm& calm, const FaultWindow& window);

}  // namespace fulmar
