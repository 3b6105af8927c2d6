// Replicas over real links, logs and stores of a simulated world: what is acknowledged stays, on everybody's disk.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

#include "tests/replication/group_world.h"

namespace fulmar {
namespace {

// All machines are up: everything acknowledged is on all of them, and their logs are the same.
void expect_agreement(GroupWorld& groups, int machines, const std::string& context) {
  ASSERT_EQ(groups.violation, "") << context;
  ASSERT_EQ(groups.found.size(), static_cast<std::size_t>(machines)) << context;
  for (const auto& [machine, of_machine] : groups.found) {
    EXPECT_EQ(of_machine, groups.found.begin()->second) << context << ", machine " << machine;
    for (const auto& [place, value] : groups.acknowledged) {
      const auto& records = of_machine.at(place.first).records;
      ASSERT_TRUE(records.contains(place.second))
          << context << ": offset " << place.second << " of machine " << machine;
      EXPECT_EQ(records.at(place.second).second, value) << context;
    }
  }
}

TEST(Replicas, ElectALeaderAndReplicateToAll) {
  GroupWorld groups(1, 3, 4, 2);
  groups.world.run_for(seconds(10));
  groups.writing = false;
  groups.world.run_for(seconds(2));
  ASSERT_TRUE(groups.stop());
  expect_agreement(groups, 3, "");
  EXPECT_GT(groups.acknowledged.size(), 500u);
  EXPECT_EQ(groups.leaders.size(), 4u) << "one leader each, for as long as nothing happens";
}

TEST(Replicas, AnotherLeadsWithinAFewElectionTimeouts) {
  GroupWorld groups(2, 3, 1, 1);
  groups.world.run_for(seconds(5));
  ASSERT_EQ(groups.leaders.size(), 1u);
  groups.world.node(static_cast<std::size_t>(groups.leaders.begin()->second)).kill();
  auto before = groups.world.now();
  auto written = groups.acknowledged.size();
  ASSERT_TRUE(groups.world.run_until([&] { return groups.acknowledged.size() > written; }, before + seconds(10)));
  EXPECT_LT(groups.world.now() - before, 4 * RaftSettings{}.election_timeout);
}

// FULMAR_GROUP_LIVES=A..B plays other lives than the usual.
TEST(Replicas, OutliveKillsPowerLossesAndCuts) {
  std::uint64_t first = 1, last = 60;
  if (const char* wanted = std::getenv("FULMAR_GROUP_LIVES")) std::sscanf(wanted, "%lu..%lu", &first, &last);
  std::size_t acknowledged = 0;
  for (auto seed = first; seed <= last; ++seed) {
    int machines = seed % 4 == 0 ? 5 : 3;
    GroupWorld groups(seed, machines, 3, 1 + seed % 2);
    auto random = groups.world.random().split("storm");
    for (int step = 0; step < 25; ++step) {
      groups.writing = random.chance(2, 3);  // else the groups are quiesced after a while
      groups.world.run_for(milliseconds(random.between(10, groups.writing ? 1200 : 3000)));
      groups.disturb(random);
    }
    groups.heal();
    groups.writing = true;
    groups.world.run_for(seconds(10));
    auto written = groups.acknowledged.size();
    groups.world.run_for(seconds(2));
    EXPECT_GT(groups.acknowledged.size(), written) << "seed " << seed << ": nobody leads";
    groups.writing = false;
    groups.world.run_for(seconds(3));
    ASSERT_TRUE(groups.stop()) << "seed " << seed;
    expect_agreement(groups, machines, "seed " + std::to_string(seed));
    EXPECT_TRUE(groups.world.leaks().empty()) << "seed " << seed;
    acknowledged += groups.acknowledged.size();
    if (testing::Test::HasFailure()) return;
  }
  EXPECT_GT(acknowledged, (last - first) * 50);
}

}  // namespace
}  // namespace fulmar
