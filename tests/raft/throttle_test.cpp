// A leader may throttle a follower that catches up, is not in sync, and is not needed to commit.
#include <gtest/gtest.h>

#include "tests/raft/model.h"

namespace fulmar {
namespace {

constexpr Duration lag_max = seconds(3);

RaftSettings settings() {
  RaftSettings chosen;
  chosen.replica_lag_max = lag_max;
  chosen.catch_up_lag = 20;
  return chosen;
}

struct Throttle : testing::Test {
  explicit Throttle(RaftSettings chosen = settings()) : model(1, chosen) {}

  void make_group(const std::vector<int>& voters) {
    model.make_group(voters);
    model.campaign(1);
    model.deliver_all();
  }
  // Records are appended for so long.
  void work(Duration time) {
    for (auto end = model.now() + time; model.now() < end; model.run(milliseconds(50))) model.propose(1, "more");
  }
  // Runs until the leader is about to send to it as to a follower far behind.
  void come_to_catch_up(int broker) {
    for (int step = 0; step < 10'000 && !catches_up(broker); ++step) {
      if (model.parcels.empty()) {
        model.pass(milliseconds(1));
      } else if (model.parcels.front().message.to == Model::id(1)) {
        auto message = model.parcels.front().message;
        model.parcels.erase(model.parcels.begin());
        model.raft(1).receive(message, model.now());
        if (!catches_up(broker)) model.settle(1);
      } else {
        model.deliver_one(0);
      }
    }
    ASSERT_TRUE(catches_up(broker));
  }
  bool catches_up(int broker) {
    const auto* progress = model.raft(1).progress(Model::id(broker));
    return progress && progress->feeding() == Feeding::catch_up;
  }
  bool throttled(int broker) { return model.raft(1).throttled(Model::id(broker), model.now()); }

  Model model;
};

TEST_F(Throttle, HoldsUpWhoIsFarBehindAndOutOfSync) {
  make_group({1, 2, 3});
  model.crash(3, false);
  work(2 * lag_max);
  EXPECT_FALSE(throttled(2));
  EXPECT_FALSE(throttled(3)) << "where the logs agree is not known yet";
  model.restart(3);
  come_to_catch_up(3);
  EXPECT_TRUE(throttled(3));
  EXPECT_FALSE(throttled(2));
  model.run(seconds(2));
  EXPECT_FALSE(throttled(3)) << "it has caught up";
}

TEST_F(Throttle, HoldsUpNobodyInSync) {
  make_group({1, 2, 3});
  model.crash(3, false);
  work(lag_max / 2);
  model.restart(3);
  come_to_catch_up(3);
  EXPECT_FALSE(throttled(3));
}

TEST_F(Throttle, HoldsUpALearner) {
  make_group({1, 2, 3});
  work(2 * lag_max);
  model.add_newborn(4);
  model.set_target(1, {1, 2, 3, 4});
  come_to_catch_up(4);
  EXPECT_TRUE(throttled(4));
  model.crash(2, false);
  model.crash(3, false);
  model.pass(milliseconds(400));
  EXPECT_TRUE(throttled(4)) << "it counts for nothing, whoever is gone";
}

TEST_F(Throttle, HoldsUpNobodyWithoutWhomNothingIsCommitted) {
  make_group({1, 2, 3});
  model.crash(3, false);
  work(2 * lag_max);
  model.restart(3);
  come_to_catch_up(3);
  EXPECT_TRUE(throttled(3));
  // From now on nothing commits without the third replica; the leader notices within an election timeout.
  model.crash(2, false);
  model.lost = [](const Message& message) { return message.to.broker == 3 && message.body.index() == 2; };
  EXPECT_TRUE(throttled(3)) << "nobody knows yet";
  model.run(milliseconds(600));
  EXPECT_EQ(model.leader(), 1);
  model.lost = [](const Message&) { return false; };
  come_to_catch_up(3);
  EXPECT_FALSE(throttled(3));
}

// A follower that waits for room is reported by the leader's other inputs; a tick alone reports none.
TEST_F(Throttle, LeavesALeaderNothingToDoUntilTheNextHeartbeat) {
  make_group({1, 2, 3});
  model.crash(3, false);
  work(2 * lag_max);
  model.restart(3);
  come_to_catch_up(3);
  auto& leader = model.raft(1);
  leader.tick(model.now());
  ASSERT_FALSE(leader.followers_needing_append().empty());
  EXPECT_FALSE(leader.is_due(model.now()));
}

TEST_F(Throttle, HoldsUpOneOfFiveAsLongAsThreeKeepUp) {
  make_group({1, 2, 3, 4, 5});
  model.crash(5, false);
  work(2 * lag_max);
  model.crash(4, false);
  work(seconds(1));
  model.restart(5);
  come_to_catch_up(5);
  EXPECT_TRUE(throttled(5)) << "1, 2 and 3 are enough";
}

TEST_F(Throttle, HoldsUpNeitherOfTwoWhereOneOfThemIsNeeded) {
  make_group({1, 2, 3, 4, 5});
  model.crash(5, false);
  model.crash(4, false);
  work(2 * lag_max);
  model.crash(3, false);
  model.restart(4);
  model.restart(5);
  come_to_catch_up(4);
  come_to_catch_up(5);
  ASSERT_TRUE(catches_up(4));
  EXPECT_FALSE(throttled(4));
  EXPECT_FALSE(throttled(5));
  work(seconds(2));
  EXPECT_EQ(model.raft(1).commit(), model.at(1).log.end());
}

struct NoThrottle : Throttle {
  NoThrottle() : Throttle(unthrottled()) {}
  static RaftSettings unthrottled() {
    auto chosen = settings();
    chosen.throttles = false;
    return chosen;
  }
};

TEST_F(NoThrottle, HoldsUpNobody) {
  make_group({1, 2, 3});
  model.crash(3, false);
  work(2 * lag_max);
  model.restart(3);
  come_to_catch_up(3);
  EXPECT_FALSE(throttled(3));
}

}  // namespace
}  // namespace fulmar
