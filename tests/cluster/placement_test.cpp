#include "broker/cluster/placement.h"

#include <gtest/gtest.h>

#include <rapidcheck.h>
#include <algorithm>
#include <map>
#include <set>

namespace fulmar {
namespace {

std::vector<Candidate> brokers(int count, int racks) {
  std::vector<Candidate> all;
  for (int n = 0; n < count; ++n) {
    all.push_back({n + 1, std::nullopt});
    if (racks > 0) all.back().rack = "rack" + std::to_string(n % racks);
  }
  return all;
}

template <class Map>
std::int64_t spread(const Map& counts) {
  auto [low, high] = std::minmax_element(counts.begin(), counts.end(),
                                         [](const auto& a, const auto& b) { return a.second < b.second; });
  return high->second - low->second;
}

TEST(Placement, IsBalancedAndSpreadOverRacks) {
  EXPECT_TRUE(rc::check([] {
    const int count = *rc::gen::inRange(1, 12);
    const int racks = *rc::gen::inRange(0, 5);
    const int factor = *rc::gen::inRange(1, count + 1);
    const int partitions = *rc::gen::inRange(1, 60);
    Random random(*rc::gen::arbitrary<std::uint64_t>());
    auto candidates = brokers(count, racks);
    auto placed = place_replicas(candidates, partitions, factor, random);
    RC_ASSERT(placed.size() == static_cast<std::size_t>(partitions));
    std::map<int, std::int64_t> replicas, leaders;
    for (const auto& candidate : candidates) replicas[candidate.broker] = leaders[candidate.broker] = 0;
    for (const auto& partition : placed) {
      RC_ASSERT(std::set(partition.begin(), partition.end()).size() == static_cast<std::size_t>(factor));
      ++leaders[partition.front()];
      std::map<std::string, std::int64_t> in_rack;
      for (int broker : partition) {
        ++replicas[broker];
        if (racks > 0) ++in_rack[*candidates[static_cast<std::size_t>(broker - 1)].rack];
      }
      if (racks > 0) RC_ASSERT(in_rack.size() == static_cast<std::size_t>(std::min({racks, count, factor})));
    }
    if (racks == 0) {
      RC_ASSERT(spread(replicas) <= 1);
      RC_ASSERT(spread(leaders) <= 1);
    }
  }));
}

TEST(Placement, EvensOutWhatThereIsAlready) {
  Random random(1);
  auto candidates = brokers(3, 0);
  candidates[0].replicas = candidates[0].leaders = 10;
  candidates[1].replicas = candidates[1].leaders = 10;
  for (const auto& partition : place_replicas(candidates, 10, 1, random)) EXPECT_EQ(partition.front(), 3);
}

}  // namespace
}  // namespace fulmar
