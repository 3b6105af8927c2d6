// A replica that no longer knows which terms it has seen and for whom it has voted.
#include <gtest/gtest.h>

#include "tests/raft/model.h"

namespace fulmar {
namespace {

class LostPromises : public testing::Test {
 protected:
  LostPromises() {
    model_.make_group({1, 2, 3});
    model_.campaign(1);
    model_.deliver_all();
    model_.propose(1, "a");
    model_.run(milliseconds(200));
  }
  // Delivers only messages between these two.
  void only(int a, int b) {
    model_.lost = [a, b](const Message& message) {
      return (message.from != Model::id(a) && message.from != Model::id(b)) ||
             (message.to != Model::id(a) && message.to != Model::id(b));
    };
  }

  Model model_;
};

// 3 voted for 2, and has lost that vote. If its acknowledgements counted, 1, which does not know of that election,
// would commit offsets that 2 does not have.
TEST_F(LostPromises, MakeNoMajorityForALeaderOfBefore) {
  only(2, 3);
  model_.run(seconds(3));
  auto chosen = model_.leader();
  ASSERT_NE(chosen, 1);
  auto forgetful = 5 - chosen;
  auto commit = model_.raft(1).commit();
  model_.crash(forgetful, true);
  model_.restart_without_promises(forgetful, 8);
  ASSERT_EQ(model_.raft(forgetful).term(), 0) << "as its log has it";
  ASSERT_EQ(model_.stored(forgetful).term, 0) << "before it says anything";
  // The two reach each other again; the new leader's messages reach neither.
  only(1, forgetful);
  model_.raft(1).campaign(model_.now());
  model_.settle(1);
  model_.run(seconds(5));
  EXPECT_EQ(model_.raft(1).commit(), commit);
  EXPECT_NE(model_.raft(forgetful).hard_state().damage, 0u);
}

TEST_F(LostPromises, NeitherVoteNorStandNorCount) {
  model_.crash(3, true);
  model_.restart_without_promises(3, 8);
  model_.crash(2, true);
  ASSERT_TRUE(model_.propose(1, "b"));
  model_.run(milliseconds(300));
  EXPECT_EQ(model_.raft(1).commit(), 1) << "two of three, of which one may have promised another something else";
  model_.run(seconds(5));
  EXPECT_EQ(model_.leader(), -1) << "without those whose word counts a leader resigns";
}

TEST_F(LostPromises, AreMadeGoodOnceTheOthersVouchForTheLeader) {
  model_.crash(3, true);
  model_.restart_without_promises(3, 8);
  model_.run(seconds(2));
  EXPECT_EQ(model_.raft(3).hard_state().damage, 0u);
  EXPECT_EQ(model_.raft(3).configuration().voters, Model::ids({1, 2, 3})) << "who votes is told by the leader";
  model_.crash(2, true);
  ASSERT_TRUE(model_.propose(1, "b"));
  model_.run(milliseconds(300));
  EXPECT_EQ(model_.raft(1).commit(), 2);
}

}  // namespace
}  // namespace fulmar
