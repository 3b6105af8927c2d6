// The voters that a leader considers in sync (Kafka's ISR, by replica.lag.time.max.ms), and reached_by().
#include <gtest/gtest.h>

#include "tests/raft/model.h"

namespace fulmar {
namespace {

constexpr Duration lag_max = seconds(3);

RaftSettings settings() {
  RaftSettings with_lag;
  with_lag.replica_lag_max = lag_max;
  return with_lag;
}

struct InSync : testing::Test {
  InSync() {
    model.make_group({1, 2, 3});
    model.campaign(1);
    model.deliver_all();
  }
  std::vector<ReplicaId> in_sync() { return model.raft(1).in_sync(model.now()); }
  // Records are appended for so long.
  void work(Duration time) {
    for (auto end = model.now() + time; model.now() < end; model.run(milliseconds(50))) model.propose(1, "more");
  }

  Model model{1, settings()};
};

TEST_F(InSync, AreAllThatAnswer) {
  model.run(3 * lag_max);
  EXPECT_EQ(in_sync(), Model::ids({1, 2, 3})) << "while nothing is written";
  work(3 * lag_max);
  EXPECT_EQ(in_sync(), Model::ids({1, 2, 3})) << "while it is";
}

TEST_F(InSync, IsNotWhoIsGoneForTheLag) {
  work(seconds(1));
  model.crash(3, false);
  work(lag_max / 2);
  EXPECT_EQ(in_sync(), Model::ids({1, 2, 3}));
  work(lag_max);
  EXPECT_EQ(in_sync(), Model::ids({1, 2}));
  model.restart(3);
  work(seconds(2));
  EXPECT_EQ(in_sync(), Model::ids({1, 2, 3})) << "it has caught up";
}

TEST_F(InSync, IsNotWhoAnswersButKeepsNothing) {
  work(seconds(1));
  model.at(3).syncs = false;
  work(2 * lag_max);
  EXPECT_EQ(in_sync(), Model::ids({1, 2}));
}

TEST_F(InSync, IsNotWhoLostWhatItHadKeptUntilItHasItAgain) {
  work(seconds(1));
  model.crash(3, false);
  model.restart(3, 77);
  model.lost = [](const Message& message) { return message.to.broker == 3 && message.body.index() == 2; };
  model.run(seconds(1));
  EXPECT_EQ(in_sync(), Model::ids({1, 2}));
  model.lost = [](const Message&) { return false; };
  model.run(seconds(3));
  EXPECT_EQ(in_sync(), Model::ids({1, 2, 3}));
}

TEST_F(InSync, ANewLeaderAssumesTheBestUntilItCanKnow) {
  model.run(seconds(1));
  model.crash(3, false);
  model.crash(1, false);
  model.restart(1);
  while (model.leader() < 0) model.run(milliseconds(1));
  auto leader = model.leader();
  EXPECT_EQ(model.raft(leader).in_sync(model.now()), Model::ids({1, 2, 3}));
  model.run(seconds(2));
  EXPECT_EQ(model.raft(leader).in_sync(model.now()), Model::ids({1, 2}));
}

TEST_F(InSync, ReachedByCountsVotersThatKeepIt) {
  model.crash(3, false);
  work(seconds(1));
  auto end = model.at(1).log.end();
  EXPECT_EQ(model.raft(1).reached_by(1), end);
  EXPECT_EQ(model.raft(1).reached_by(2), end);
  EXPECT_LT(model.raft(1).reached_by(3), end);
}

}  // namespace
}  // namespace fulmar
