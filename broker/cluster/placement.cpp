#include "broker/cluster/placement.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "runtime/base/assert.h"

namespace fulmar {

std::vector<std::vector<std::int32_t>> place_replicas(std::vector<Candidate> candidates, std::int32_t partitions,
                                                      std::int32_t factor, Random& random) {
  ASSERT(factor >= 1 && static_cast<std::size_t>(factor) <= candidates.size());
  random.shuffle(std::span(candidates));
  std::vector<std::vector<std::int32_t>> placed;
  for (std::int32_t partition = 0; partition < partitions; ++partition) {
    std::vector<Candidate*> chosen;
    std::map<std::string, int> in_rack;
    while (chosen.size() < static_cast<std::size_t>(factor)) {
      Candidate* best = nullptr;
      auto rank = [&](const Candidate& c) { return std::tuple(c.rack ? in_rack[*c.rack] : 0, c.replicas, c.leaders); };
      for (auto& candidate : candidates) {
        if (std::find(chosen.begin(), chosen.end(), &candidate) != chosen.end()) continue;
        if (!best || rank(candidate) < rank(*best)) best = &candidate;
      }
      ++best->replicas;
      if (best->rack) ++in_rack[*best->rack];
      chosen.push_back(best);
    }
    auto leader = std::min_element(chosen.begin(), chosen.end(),
                                   [](const auto* a, const auto* b) { return a->leaders < b->leaders; });
    ++(*leader)->leaders;
    std::rotate(chosen.begin(), leader, chosen.end());
    auto& replicas = placed.emplace_back();
    for (const auto* candidate : chosen) replicas.push_back(candidate->broker);
    // So that equals take turns.
    std::rotate(candidates.begin(), candidates.begin() + 1, candidates.end());
  }
  return placed;
}

std::optional<std::int32_t> place_one(std::vector<Candidate>& candidates, const std::vector<std::int32_t>& others) {
  auto is_other = [&](const Candidate& c) { return std::find(others.begin(), others.end(), c.broker) != others.end(); };
  std::map<std::string, int> in_rack;
  for (const auto& candidate : candidates)
    if (candidate.rack && is_other(candidate)) ++in_rack[*candidate.rack];
  auto rank = [&](const Candidate& c) { return std::tuple(c.rack ? in_rack[*c.rack] : 0, c.replicas, c.leaders); };
  Candidate* best = nullptr;
  for (auto& candidate : candidates)
    if (!is_other(candidate) && (!best || rank(candidate) < rank(*best))) best = &candidate;
  if (!best) return std::nullopt;
  ++best->replicas;
  return best->broker;
}

}  // namespace fulmar
