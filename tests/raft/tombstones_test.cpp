// How far tombstones may be removed (docs/raft.md, "Tombstones").
#include <gtest/gtest.h>

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
