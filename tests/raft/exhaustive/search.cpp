#include "tests/raft/exhaustive/search.h"

#include <algorithm>
#include <unordered_set>
#include <vector>

namespace fulmar {

namespace {

std::string story_of(SmallWorld& world, const std::vector<WorldState>& states,
                     const std::vector<std::uint32_t>& parents, std::size_t last) {
  std::vector<std::size_t> way;
  for (auto at = last; at != 0; at = parents[at]) way.push_back(at);
  std::reverse(way.begin(), way.end());
  std::string text;
  int number = 0;
  for (auto at : way) {
    text += "  " + std::to_string(++number) + ". " + world.step_to(states[parents[at]], states[at]) + "\n";
    text += world.describe(states[at]);
  }
  return text;
}

}  // namespace

SearchResult search(const WorldSettings& settings, std::size_t states_max) {
  SmallWorld world(settings);
  SearchResult result;
  std::vector<WorldState> states{world.first()};
  std::vector<std::uint32_t> parents{0};
  // Only hashes are kept: among ten million states two collide with a probability of one in a hundred thousand.
  std::unordered_set<std::uint64_t> seen{world.hash_of(states.front())};
  std::size_t level_end = 1;
  for (std::size_t at = 0; at < states.size(); ++at) {
    if (at == level_end) {
      ++result.depth;
      level_end = states.size();
    }
    const auto state = states[at];
    world.successors(state, [&](const WorldState& next, const std::string& violated) {
      if (!result.violated.empty() || !seen.insert(world.hash_of(next)).second) return;
      states.push_back(next);
      parents.push_back(static_cast<std::uint32_t>(at));
      if (!violated.empty()) result.violated = violated;
    });
    if (!result.violated.empty()) {
      result.violated += "\n" + story_of(world, states, parents, states.size() - 1);
      break;
    }
    if (states.size() >= states_max) break;
    result.exhausted = at + 1 == states.size();
  }
  result.states = states.size();
  result.local_states = world.local_states();
  return result;
}

}  // namespace fulmar
