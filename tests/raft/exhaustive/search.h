// A breadth-first search of a SmallWorld: finds the shortest path to a violation, or that there is none.
#pragma once

#include <cstddef>
#include <string>

#include "tests/raft/exhaustive/world.h"

namespace fulmar {

struct SearchResult {
  std::size_t states = 0;
  std::size_t local_states = 0;
  int depth = 0;
  bool exhausted = false;  // all reachable states were visited
  std::string violated;    // empty, or the violation and the steps that lead to it
};

// Stops at the first violation, or when `states_max` states were visited.
SearchResult search(const WorldSettings& settings, std::size_t states_max);

}  // namespace fulmar
