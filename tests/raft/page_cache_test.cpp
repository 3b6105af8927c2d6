// Groups in the page cache: power losses may take committed offsets from a majority.
#include <gtest/gtest.h>

#include "tests/raft/model.h"

namespace fulmar {
namespace {

RaftSettings settings() {
  RaftSettings in_memory;
  in_memory.commits_are_stable = false;
  return in_memory;
}

// Batches 0..9 were committed, and those below 8 deleted. Power losses took from 1 and 2 all but two batches, which an
// earlier leader had written, and the deletion too; only 3 begins where it should.
struct ADeletionOutlivesWhatWasDeleted : testing::Test {
  ADeletionOutlivesWhatWasDeleted() {
    model.make_group({{1, {0, 2}}, {2, {0, 2}}, {3, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0}}}, 2);
    model.crash(3, false);
    model.at(3).log.advance_start(8);
    model.restart(3);
  }

  void await_leader() {
    while (model.leader() < 0) model.run(milliseconds(1));
  }

  Model model{1, settings()};
};

TEST_F(ADeletionOutlivesWhatWasDeleted, AndALaterLogThatEndsBeforeItLeadsOnFromThere) {
  model.crash(2, false);
  await_leader();
  ASSERT_EQ(model.leader(), 1) << "its last batch is of a later epoch";
  EXPECT_EQ(model.at(1).log.start(), 8);
  EXPECT_EQ(model.at(1).log.end(), 8);
  EXPECT_TRUE(model.raft(1).established());
  EXPECT_TRUE(model.raft(1).start_known());
  ASSERT_TRUE(model.propose(1, "new"));
  model.restart(2);
  model.run(seconds(5));
  for (int broker : {1, 2, 3}) {
    EXPECT_EQ(model.at(broker).log.start(), 8) << broker;
    EXPECT_EQ(model.at(broker).log.end(), 9) << broker;
    EXPECT_EQ(model.at(broker).log.at(8).value, "new") << broker;
    EXPECT_EQ(model.raft(broker).commit(), 9) << broker;
  }
}

TEST_F(ADeletionOutlivesWhatWasDeleted, AndIsNotKnownToAMajorityThatNeverHeardOfIt) {
  model.crash(3, false);
  await_leader();
  EXPECT_EQ(model.at(model.leader()).log.start(), 0);
  model.restart(3);
  model.run(seconds(5));
  EXPECT_EQ(model.at(3).log.start(), 0) << "what it has begins where the leader's log has ended";
  EXPECT_EQ(model.at(3).log.end(), model.at(1).log.end());
}

TEST_F(ADeletionOutlivesWhatWasDeleted, AndWhoDiesBeforeItsLogBeginsThereStandsAgain) {
  model.crash(2, false);
  // It stores its vote, asks for the others', and then has to start its log over.
  int parts = 0;
  model.dies_here = [&] {
    const auto& candidate = model.at(1).raft;
    return candidate && candidate->role() == Role::candidate && ++parts == 3;
  };
  while (model.at(1).raft) model.run(milliseconds(1));
  model.dies_here = [] { return false; };
  ASSERT_EQ(model.leader(), -1);
  ASSERT_EQ(model.at(1).log.start(), 0);
  model.restart(1);
  model.run(seconds(10));
  ASSERT_EQ(model.leader(), 1);
  EXPECT_EQ(model.at(1).log.start(), 8);
}

}  // namespace
}  // namespace fulmar
