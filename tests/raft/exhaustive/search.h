// A breadth-first search of a SmallWorld: the shortest way to what must not be, or that there is none.
#pragma once

#include <cstddef>
#include <string>

#include "tests/raft/exhaustive/world.h"

namespace fulmar {

struct SearchResult {
  std::size_t states = 0;
  std::size_t local_states = 0;
  int depth = 0;
  bool exhausted = false;  // all that can be reached was
  std::string violated;    // empty, or what must not be, and the way there, step by step
};

// Stops at the first violation, and once `states_max` have been seen.
SearchResult search(const WorldSettings& settings, std::size_t states_max);

}  // namespace fulmar
