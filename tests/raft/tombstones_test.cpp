// How far tombstones and markers may be removed (docs/raft.md, "Tombstones and markers").
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>

#include "tests/raft/model.h"

namespace fulmar {
namespace {

struct Tombstones : testing::Test {
  Tombstones() {
    model.make_group({1, 2, 3});
    model.campaign(1);
    model.deliver_all();
    for (const auto* value : {"a=1", "b=2", "a=", "c=3"}) model.propose(1, value);
    model.run(seconds(1));
  }
  Offset removable(int broker) { return model.raft(broker).tombstones_removable(); }
  void cut_off(int broker) {
    model.lost = [broker](const Message& message) {
      return (message.to.broker == broker) != (message.from.broker == broker);
    };
  }
  void heal() {
    model.lost = [](const Message&) { return false; };
  }
  bool gone(int broker, Offset offset) { return model.at(broker).log.at(offset).gone; }

  Model model{1, RaftSettings{}};
};

TEST_F(Tombstones, MayGoBelowWhatAllAreCleanAndHaveStored) {
  model.clean(1, 4);
  model.clean(2, 4);
  model.run(seconds(1));
  for (int broker : {1, 2, 3}) EXPECT_EQ(removable(broker), 0) << "the third is not clean";
  EXPECT_FALSE(gone(1, 2));
  model.clean(3, 3);
  model.run(seconds(1));
  for (int broker : {1, 2, 3}) {
    EXPECT_EQ(removable(broker), 3);
    EXPECT_EQ(model.at(broker).log.tombstone_bound(), 3);
  }
  model.clean(2, 4);
  EXPECT_TRUE(gone(2, 2));
  EXPECT_FALSE(gone(2, 3));
}

TEST_F(Tombstones, WaitForAMemberThatIsAway) {
  model.crash(3, false);
  for (int broker : {1, 2}) model.clean(broker, 4);
  model.run(seconds(5));
  EXPECT_EQ(removable(1), 0);
  model.restart(3);
  model.clean(3, 4);
  model.run(seconds(1));
  EXPECT_EQ(removable(1), 4);
}

// The bound is raised, and one member has not heard of it: as a leader it would let an old log in.
TEST_F(Tombstones, WaitUntilEachMemberHasStoredTheBound) {
  for (int broker : {1, 2, 3}) model.clean(broker, 4);
  model.deliver_all();
  ASSERT_EQ(model.at(1).log.tombstone_bound(), 4);
  cut_off(3);
  model.run(milliseconds(500));
  EXPECT_EQ(model.at(2).log.tombstone_bound(), 4);
  ASSERT_EQ(model.at(3).log.tombstone_bound(), 0);
  EXPECT_EQ(removable(1), 0);
  heal();
  model.run(seconds(3));
  EXPECT_EQ(removable(model.leader()), 4);
}

// It left with a record whose tombstone it never saw.
TEST_F(Tombstones, WhoComesBackWithAnOldLogStartsOver) {
  cut_off(3);
  model.propose(1, "b=");
  model.run(milliseconds(500));
  model.set_target(1, {1, 2});
  model.run(seconds(1));
  ASSERT_EQ(model.raft(1).configuration().members().size(), 2u);
  for (int broker : {1, 2}) model.clean(broker, 5);
  model.run(seconds(1));
  for (int broker : {1, 2}) model.clean(broker, 5);
  ASSERT_TRUE(gone(1, 4));
  ASSERT_TRUE(gone(1, 1));
  ASSERT_FALSE(gone(3, 1));
  heal();
  model.set_target(1, {1, 2, 3});
  model.run(seconds(2));
  ASSERT_TRUE(model.raft(3).configuration().is_voter(Model::id(3)));
  EXPECT_TRUE(gone(3, 1)) << "a deleted record has come back";
  EXPECT_EQ(model.at(3).log.tombstone_bound(), 5);
}

TEST_F(Tombstones, WhoComesBackCleanKeepsItsLog) {
  for (int broker : {1, 2, 3}) model.clean(broker, 4);
  cut_off(3);
  model.set_target(1, {1, 2});
  model.run(seconds(1));
  model.propose(1, "b=");
  model.run(seconds(1));
  ASSERT_EQ(removable(1), 4);
  heal();
  model.set_target(1, {1, 2, 3});
  bool started_over = false;
  model.story = [&](const std::string& line) { started_over |= line.find("start over") != std::string::npos; };
  model.run(seconds(2));
  ASSERT_TRUE(model.raft(3).configuration().is_voter(Model::id(3)));
  EXPECT_FALSE(started_over);
  EXPECT_EQ(model.at(3).log.cleaned_to(), 4);
}

// What it says of its log before it starts over must not count afterwards: it would become a voter that lacks what is
// committed. Its replies are given in every order, some late, from when it was a member before.
TEST_F(Tombstones, WhoStartsOverCountsOnlyForWhatItHasThen) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Random random(seed);
    Model group(seed, RaftSettings{});
    group.make_group({1, 2, 3});
    group.campaign(1);
    group.deliver_all();
    for (const auto* value : {"a=1", "b=2", "a=", "c=3"}) group.propose(1, value);
    group.run(seconds(1));
    // Late replies.
    for (auto left = random.below(3); left > 0; --left) group.propose(1, "d=4");
    group.pass(milliseconds(100));
    auto deliver = [&](auto&& may) {
      for (std::size_t i = 0; i < group.parcels.size(); ++i)
        if (may(group.parcels[i].message)) return group.deliver_one(i);
    };
    while (std::ranges::any_of(group.parcels, [](const auto& p) { return p.message.to.broker == 3; }))
      deliver([](const Message& message) { return message.to.broker == 3; });
    std::vector<Parcel> late;
    std::ranges::copy_if(group.parcels, std::back_inserter(late),
                         [](const auto& parcel) { return parcel.message.from.broker == 3; });
    group.deliver_all();
    group.set_target(1, {1, 2});  // so shortly that it does not stand for election
    group.run(milliseconds(100));
    for (int broker : {1, 2}) group.clean(broker, 4);
    group.run(milliseconds(100));
    ASSERT_EQ(group.at(1).log.tombstone_bound(), 4);
    ASSERT_EQ(group.at(3).log.tombstone_bound(), 0);
    group.set_target(1, {1, 2, 3});
    for (int step = 0; step < 400; ++step) {
      if (!late.empty() && random.chance(1, 8)) {
        group.parcels.push_back(late.back());
        late.pop_back();
      } else if (random.chance(1, 20)) {
        group.propose(1, "e=5");
      } else if (group.parcels.empty() || random.chance(1, 10)) {
        group.pass(milliseconds(25));
      } else {
        group.deliver_one(random.below(group.parcels.size()));
      }
      const auto& configuration = group.raft(1).configuration();
      const bool votes = configuration.is_voter(Model::id(3));
      ASSERT_TRUE(!votes || group.at(3).log.end() >= 4) << "seed " << seed << "\n" << group.status();
    }
  }
}

// It has records of a transaction, and neither its marker nor what came later. The others have removed the marker.
TEST_F(Tombstones, WhoComesBackWithAnOpenTransactionStartsOver) {
  model.propose(1, "p+1");
  model.run(seconds(1));
  cut_off(3);
  model.propose(1, "p!");
  model.run(milliseconds(500));
  model.set_target(1, {1, 2});
  model.run(seconds(1));
  ASSERT_EQ(model.raft(1).configuration().members().size(), 2u);
  for (int round = 0; round < 2; ++round) {
    for (int broker : {1, 2}) model.clean(broker, 6);
    model.run(seconds(1));
  }
  ASSERT_TRUE(gone(1, 5)) << "the marker";
  heal();
  model.set_target(1, {1, 2, 3});
  model.run(seconds(2));
  ASSERT_TRUE(model.raft(3).configuration().is_voter(Model::id(3)));
  EXPECT_TRUE(model.at(3).log.at(4).ordinary);
  EXPECT_EQ(model.at(3).log.last_stable(6), 6);
}

TEST_F(Tombstones, AMarkerStaysWhileAMemberHasRecordsThatItEnds) {
  model.propose(1, "p+1");
  model.propose(1, "p!");
  model.run(seconds(1));
  for (int broker : {1, 2, 3}) model.clean(broker, broker == 3 ? 4 : 6);
  model.run(seconds(1));
  for (int broker : {1, 2}) model.clean(broker, 6);
  EXPECT_FALSE(gone(1, 5));
  EXPECT_TRUE(gone(1, 2)) << "a tombstone below";
  model.clean(3, 6);
  model.run(seconds(1));
  model.clean(1, 6);
  EXPECT_TRUE(gone(1, 5));
}

TEST_F(Tombstones, WhoHasLostWhatItKnewOfThemByDamageStartsOverBeforeItCounts) {
  for (int broker : {1, 2, 3}) model.clean(broker, 4);
  model.run(seconds(1));
  ASSERT_EQ(removable(1), 4);
  model.crash(3, false);
  model.damage_from(3, 2);
  model.at(3).log.forget_compaction();
  model.restart(3, 77);
  model.run(seconds(2));
  EXPECT_EQ(model.stored(3).damage, 0u);
  EXPECT_EQ(model.at(3).log.tombstone_bound(), 4);
  EXPECT_EQ(model.at(3).log.end(), 4);
}

}  // namespace
}  // namespace fulmar
