// Liveness between two brokers: a pulse stands for exactly the groups that were quiesced in its epoch.
#include "broker/raft/liveness.h"

#include <gtest/gtest.h>

namespace fulmar {
namespace {

const ReplicaId leading{1, {}};
const ReplicaId following{2, {}};

class LivenessTest : public testing::Test {
 protected:
  // A group led by the first broker is quiesced with the second, in the view of both.
  struct Quiesced {
    std::shared_ptr<const Watch> by_leader;
    std::shared_ptr<const Watch> by_follower;
  };
  Quiesced quiesce() {
    auto by_follower = follower.watch_leader(leading, leader.asking(following), now);
    return {leader.watch_follower(following, follower.agreeing(leading), now), by_follower};
  }
  // One pulse and its answer.
  void beat() {
    for (const auto& [to, pulse] : leader.pulses(now))
      if (auto answer = follower.receive(leading, pulse, now)) leader.receive(following, *answer);
  }

  Instant now{seconds(100).count()};
  Liveness leader{3, 7};
  Liveness follower{5, 9};
};

TEST_F(LivenessTest, APulseIsHeardOnBothSidesForAllQuiescedGroups) {
  auto one = quiesce();
  auto another = quiesce();
  EXPECT_EQ(one.by_leader, another.by_leader);
  now = now + milliseconds(50);
  beat();
  EXPECT_EQ(one.by_leader->heard_at, now);
  EXPECT_EQ(one.by_follower->heard_at, now);
  EXPECT_FALSE(leader.take_ended() || follower.take_ended());
}

TEST_F(LivenessTest, WithoutQuiescedGroupsThereAreNoPulses) {
  EXPECT_TRUE(leader.pulses(now).empty());
  {
    auto group = quiesce();
  }
  EXPECT_TRUE(leader.pulses(now).empty());
}

TEST_F(LivenessTest, AFollowerThatLeavesAGroupIsNotBelievedForAnyUntilTheyAgreeAgain) {
  auto before = quiesce();
  follower.withdraw(leading);
  now = now + milliseconds(50);
  beat();
  EXPECT_TRUE(before.by_leader->over);
  EXPECT_EQ(before.by_leader->heard_at, long_ago);
  EXPECT_TRUE(leader.take_ended());
  auto after = quiesce();
  beat();
  EXPECT_EQ(after.by_leader->heard_at, now);
}

TEST_F(LivenessTest, ALeaderThatAbandonsAGroupWakesAllOnBothSides) {
  auto before = quiesce();
  leader.abandon(following);
  EXPECT_TRUE(before.by_leader->over);
  EXPECT_EQ(leader.watch_follower(following, follower.agreeing(leading), now)->over, false);
  auto after = leader.watch_follower(following, follower.agreeing(leading), now);
  beat();
  EXPECT_TRUE(before.by_follower->over);
  EXPECT_EQ(after->heard_at, now) << "of groups that agree from now on";
}

TEST_F(LivenessTest, AnAnswerToAPulseFromBeforeAnAbandoningSaysNothing) {
  auto group = quiesce();
  auto answer = follower.receive(leading, leader.pulses(now).at(0).pulse, now);
  leader.abandon(following);
  auto fresh = leader.watch_follower(following, follower.agreeing(leading), now);
  leader.receive(following, *answer);
  EXPECT_EQ(fresh->heard_at, long_ago);
}

TEST_F(LivenessTest, ARestartIsAnotherEpoch) {
  auto group = quiesce();
  Liveness restarted(5, 10);
  auto answer = restarted.receive(leading, leader.pulses(now).at(0).pulse, now);
  leader.receive(following, *answer);
  EXPECT_TRUE(group.by_leader->over);
  Liveness leader_again(3, 8);
  follower.receive(leading, {leader_again.asking(following), now}, now);
  EXPECT_TRUE(group.by_follower->over);
  EXPECT_EQ(follower.watch_leader(leading, leader.asking(following), now), nullptr) << "asked by an earlier life";
}

TEST_F(LivenessTest, SilenceEndsTheWatchesAndTheFollowersPromise) {
  auto group = quiesce();
  auto promised = follower.agreeing(leading);
  now = now + milliseconds(299);
  leader.expire(milliseconds(400), now);
  follower.expire(milliseconds(400), now);
  EXPECT_FALSE(leader.take_ended() || follower.take_ended());
  now = now + milliseconds(2);
  leader.expire(milliseconds(400), now);
  follower.expire(milliseconds(400), now);
  EXPECT_TRUE(leader.take_ended() && !follower.take_ended()) << "the leader asks before the follower stands";
  now = now + milliseconds(100);
  follower.expire(milliseconds(400), now);
  EXPECT_TRUE(follower.take_ended());
  EXPECT_TRUE(group.by_leader->over && group.by_follower->over);
  EXPECT_NE(follower.agreeing(leading), promised);
}

}  // namespace
}  // namespace fulmar
