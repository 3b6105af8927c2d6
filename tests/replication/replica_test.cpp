// Replicas over real links, logs and hard state stores of a simulated world: acknowledged records stay on every disk.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <set>
#include <tuple>

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

// The same, except for records that may be removed, which each machine has or not.
void expect_agreement_but_for_holes(GroupWorld& groups, int machines, const std::string& context) {
  ASSERT_EQ(groups.violation, "") << context;
  ASSERT_EQ(groups.found.size(), static_cast<std::size_t>(machines)) << context;
  for (const auto& [machine, of_machine] : groups.found) {
    auto where = context + ", machine " + std::to_string(machine);
    for (const auto& [group, found] : of_machine) {
      const auto& other = groups.found.begin()->second.at(group);
      EXPECT_EQ(std::tuple(found.log_start, found.commit, found.log_end),
                std::tuple(other.log_start, other.commit, other.log_end))
          << where;
      for (const auto& [offset, record] : found.records)
        if (auto there = other.records.find(offset); there != other.records.end())
          EXPECT_EQ(record, there->second) << where << ", offset " << offset;
        else
          EXPECT_TRUE(GroupWorld::may_go(record.second)) << where << ", offset " << offset;
      for (const auto& [offset, record] : other.records)
        EXPECT_TRUE(found.records.contains(offset) || GroupWorld::may_go(record.second)) << where << ", " << offset;
    }
    for (const auto& [place, value] : groups.acknowledged) {
      const auto& records = of_machine.at(place.first).records;
      auto found = records.find(place.second);
      if (found != records.end())
        EXPECT_EQ(found->second.second, value) << where;
      else
        ASSERT_TRUE(GroupWorld::may_go(value)) << where << ": offset " << place.second << " is lost";
    }
  }
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

// FULMAR_GROUP_LIVES=A..B plays other lives than the usual ones.
void storm(std::uint64_t first, std::uint64_t last, bool removing) {
  if (const char* wanted = std::getenv("FULMAR_GROUP_LIVES")) std::sscanf(wanted, "%lu..%lu", &first, &last);
  std::size_t acknowledged = 0;
  int removals = 0;
  std::set<std::string> cut_short;
  for (auto seed = first; seed <= last; ++seed) {
    int machines = seed % 4 == 0 ? 5 : 3;
    GroupWorld groups(seed, machines, 3, 1 + seed % 2);
    groups.removing = removing;
    auto random = groups.world.random().split("storm");
    for (int step = 0; step < 25; ++step) {
      groups.writing = random.chance(2, 3);  // else the groups are quiesced after a while
      groups.world.run_for(milliseconds(random.between(10, groups.writing ? 1200 : 3000)));
      groups.disturb(random);
      for (std::size_t n = 0; n < groups.world.node_count(); ++n)
        for (const auto& [path, file] : groups.world.node(n).disk().image().files())
          for (auto suffix : {".cleaned", ".swap", ".deleted"})
            if (!groups.world.node(n).running() && path.ends_with(suffix)) cut_short.insert(suffix);
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
    if (removing)
      expect_agreement_but_for_holes(groups, machines, "seed " + std::to_string(seed));
    else
      expect_agreement(groups, machines, "seed " + std::to_string(seed));
    EXPECT_TRUE(groups.world.leaks().empty()) << "seed " << seed;
    acknowledged += groups.acknowledged.size();
    removals += groups.removals;
    if (testing::Test::HasFailure()) return;
  }
  EXPECT_GT(acknowledged, (last - first) * 50);
  if (!removing) return;
  EXPECT_GT(removals, static_cast<int>(last - first) * 20);
  EXPECT_EQ(cut_short, (std::set<std::string>{".cleaned", ".swap", ".deleted"})) << "no exchange was cut short there";
}

TEST(Replicas, OutliveKillsPowerLossesAndCuts) {
  storm(1, 60, false);
}

TEST(Replicas, OutliveThemWhileEachMakesHolesInItsLogByItself) {
  storm(1001, 1030, true);
}

}  // namespace
}  // namespace fulmar
