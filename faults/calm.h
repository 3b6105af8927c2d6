// Calm: a time in a life in which faults leave most servers, and all clients, alone (the core). Anything may happen to
// the other servers; they may even be cut off from the core in one direction only. The core has a majority of all
// replicas of anything, so everything has to get and keep leaders.
#pragma once

#include <optional>
#include <set>

#include "faults/plan.h"
#include "faults/planner.h"

namespace fulmar {

// In plans: when it begins, how long it lasts, and the servers outside of the core, as bits.
namespace settings {
inline constexpr Setting calm_from_ms{"calm_from_ms", 0, 3'600'000};
inline constexpr Setting calm_ms{"calm_ms", 0, 3'600'000, 0};
inline constexpr Setting calm_rest{"calm_rest", 0, (1 << 15) - 1};
}  // namespace settings

struct Calm {
  Instant begin;
  Instant end;
  std::set<std::size_t> rest;  // the nodes outside of the core
};

// The calm of a plan, by its settings; nullopt if it has none.
std::optional<Calm> calm_of(const Plan& plan);
// Chooses one, in half of all plans, and removes faults that would disturb it.
void choose_calm(Random random, const FaultWindow& window, std::size_t rest_max, Plan& plan);
// Whether the fault affects a node of the core, or the network between two of them.
bool disturbs(const Fault& fault, const Calm& calm, const FaultWindow& window);

}  // namespace fulmar
