#include "broker/cluster/placement.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "runtime/base/assert.h"

namespace fulmar {

namespace {

using Placed = std::vector<Candidate*>;  // a partition's replicas, its preferred leader first

void lead_with(Placed& replicas, const Candidate* leader) {
  std::rotate(replicas.begin(), std::find(replicas.begin(), replicas.end(), leader), replicas.end());
}

// Takes one preferred leadership from `from` and gives one to a broker with at least two fewer, by a chain of
// partitions over other brokers if necessary. Returns whether that was possible.
bool hand_on_leadership(std::vector<Placed>& placed, Candidate& from) {
  std::map<const Candidate*, std::vector<Placed*>> led;
  for (auto& replicas : placed) led[replicas.front()].push_back(&replicas);
  std::map<Candidate*, Placed*> by;  // reached brokers, and the partition that each would lead instead
  std::vector<Candidate*> reached{&from};
  by[&from] = nullptr;
  for (std::size_t next = 0; next < reached.size(); ++next) {
    auto* at = reached[next];
    if (at->leaders + 2 <= from.leaders) {
      ++at->leaders;
      --from.leaders;
      while (auto* handed = by[at]) {
        auto* before = handed->front();
        lead_with(*handed, at);
        at = before;
      }
      return true;
    }
    for (auto* replicas : led[at])
      for (auto* other : *replicas)
        if (by.try_emplace(other, replicas).second) reached.push_back(other);
  }
  return false;
}

void even_out_leaders(std::vector<Placed>& placed, std::vector<Candidate>& candidates) {
  for (auto& candidate : candidates)
    while (hand_on_leadership(placed, candidate)) {
    }
}

}  // namespace

std::vector<std::vector<std::int32_t>> place_replicas(std::vector<Candidate> candidates, std::int32_t partitions,
                                                      std::int32_t factor, Random& random) {
  FULMAR_ASSERT(factor >= 1 && static_cast<std::size_t>(factor) <= candidates.size());
  random.shuffle(std::span(candidates));
  std::vector<Placed> placed;
  std::vector<Candidate*> turns;
  for (auto& candidate : candidates) turns.push_back(&candidate);
  for (std::int32_t partition = 0; partition < partitions; ++partition) {
    auto& chosen = placed.emplace_back();
    std::map<std::string, int> in_rack;
    while (chosen.size() < static_cast<std::size_t>(factor)) {
      Candidate* best = nullptr;
      auto rank = [&](const Candidate& c) { return std::tuple(c.rack ? in_rack[*c.rack] : 0, c.replicas, c.leaders); };
      for (auto* candidate : turns) {
        if (std::find(chosen.begin(), chosen.end(), candidate) != chosen.end()) continue;
        if (!best || rank(*candidate) < rank(*best)) best = candidate;
      }
      ++best->replicas;
      if (best->rack) ++in_rack[*best->rack];
      chosen.push_back(best);
    }
    auto* leader = *std::min_element(chosen.begin(), chosen.end(),
                                     [](const auto* a, const auto* b) { return a->leaders < b->leaders; });
    ++leader->leaders;
    lead_with(chosen, leader);
    // So that equal candidates take turns.
    std::rotate(turns.begin(), turns.begin() + 1, turns.end());
  }
  even_out_leaders(placed, candidates);
  std::vector<std::vector<std::int32_t>> named;
  for (const auto& replicas : placed) {
    auto& brokers = named.emplace_back();
    for (const auto* candidate : replicas) brokers.push_back(candidate->broker);
  }
  return named;
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
