// Checks of a calm majority, on hand-made stories: what they must reject, and what they must accept.
#include <gmock/gmock.h>

#include "tests/checkers/replication_story.h"

namespace fulmar {
namespace {

using testing::Contains;
using testing::IsEmpty;

constexpr auto at_once = true;

struct CalmStory : Story {
  CalmStory() {
    elect(1, 1);
    everybody_appends(1, "a");
    commit(1, 1);
    later(seconds(10));
  }
  void later(Duration by) { now = now + by; }
};

TEST(Calm, ALeaderThatStaysAndCommitsIsWell) {
  CalmStory s;
  EXPECT_EQ(s.watch.calm_begins({1, 2}, at_once), 1u);
  s.append(1, 1, "b");
  s.append(2, 1, "b");
  s.later(seconds(1));
  s.commit(1, 2);
  s.later(seconds(9));
  s.watch.calm_ends();
  EXPECT_THAT(s.anomalies(), IsEmpty());
}

TEST(Calm, AMajorityHasALeader) {
  CalmStory s;
  s.sights[1].role = Role::follower;
  s.step(1);
  EXPECT_EQ(s.watch.calm_begins({1}, at_once), 0u);
  EXPECT_THAT(s.anomalies(), IsEmpty()) << "of one replica nothing is asked";
  EXPECT_EQ(s.watch.calm_begins({1, 2}, at_once), 0u);
  EXPECT_THAT(s.anomalies(), Contains("leaderless"));
}

TEST(Calm, AMajorityWhoseLeaderWasAnotherHasTimeToElectOne) {
  CalmStory s;
  s.watch.ended(1);
  s.later(seconds(2));
  EXPECT_EQ(s.watch.calm_begins({2, 3}, at_once), 0u);
  EXPECT_THAT(s.anomalies(), IsEmpty());
  s.later(seconds(2));
  s.watch.calm_begins({2, 3}, at_once);
  EXPECT_THAT(s.anomalies(), Contains("leaderless"));
}

// As a leader does that has removed itself from the group, and is a follower from then on.
struct HandOverStory : CalmStory {
  HandOverStory() {
    watch.sends(group, {id(1), id(2), 1, TimeoutNow{}});
    sights[1].role = Role::follower;
    step(1);
  }
};

TEST(Calm, ALeaderAmongThemThatHandsOverLeavesThemTimeToElectTheNext) {
  HandOverStory s;
  s.later(milliseconds(5));
  EXPECT_EQ(s.watch.calm_begins({1, 2, 3}, at_once), 0u);
  s.elect(2, 2);
  s.step(2);
  s.sights[2].role = Role::follower;  // the story ends here
  s.step(2);
  s.later(seconds(6));
  s.watch.calm_ends();
  EXPECT_THAT(s.anomalies(), IsEmpty());
}

TEST(Calm, ThatTimeIsOverAtTheEndOfIt) {
  HandOverStory long_ago;
  long_ago.later(seconds(4));
  long_ago.watch.calm_begins({1, 2, 3}, at_once);
  EXPECT_THAT(long_ago.anomalies(), Contains("leaderless")) << "it has had its time";
  for (int rest : {2, 3}) {
    HandOverStory never;
    never.watch.calm_begins({1, rest}, at_once);
    EXPECT_THAT(never.anomalies(), IsEmpty());
    never.later(seconds(6));
    never.watch.calm_ends();
    EXPECT_THAT(never.anomalies(), Contains("leaderless"));
  }
  HandOverStory deleted;
  deleted.watch.calm_begins({1, 2}, at_once);
  deleted.watch.removed(group, id(1));
  deleted.later(seconds(6));
  deleted.watch.calm_ends();
  EXPECT_THAT(deleted.anomalies(), IsEmpty()) << "there is no majority of it any more";
}

// The replica that was removed still has the configuration that included it: nobody has sent it a later one.
TEST(Calm, AMajorityIsOneOfTheLatestConfiguration) {
  CalmStory s;
  for (int broker : {2, 3}) {
    s.sights[broker].configuration = {{id(3), id(4), id(5)}, {}, {}};
    s.sights[broker].configuration_mark = {1, 2};
    s.step(broker);
  }
  s.sights[1].role = Role::follower;
  s.step(1);
  s.watch.calm_begins({1, 2, 3}, at_once);
  EXPECT_THAT(s.anomalies(), IsEmpty());
}

TEST(Calm, AMajorityThatHasOnlyJustOpenedHasTimeToElectOne) {
  CalmStory s;
  s.sights[1].role = Role::follower;
  s.step(1);
  s.watch.ended(3);
  s.watch.ended(2);
  s.later(seconds(10));
  s.sights[2].term = 1;
  s.open(2);
  s.later(seconds(2));
  s.watch.calm_begins({1, 2}, at_once);
  EXPECT_THAT(s.anomalies(), IsEmpty());
  s.later(seconds(2));
  s.watch.calm_begins({1, 2}, at_once);
  EXPECT_THAT(s.anomalies(), Contains("leaderless"));
}

TEST(Reads, AreOfWhatSomebodyTakesForCommitted) {
  CalmStory s;
  EXPECT_EQ(s.watch.doubt_read(group, 0), "");
  s.everybody_appends(1, "b");
  EXPECT_NE(s.watch.doubt_read(group, 1), "");
  s.commit(2, 2);
  EXPECT_EQ(s.watch.doubt_read(group, 1), "");
  EXPECT_NE(s.watch.doubt_read(group, 2), "");
  EXPECT_EQ(s.watch.doubt_read({{9, 9}, 0}, 2), "") << "nothing is known of that group";
}

TEST(Calm, AGroupThatWasMadeJustNowMayHaveNone) {
  Story s;
  s.now = s.now + seconds(2);
  s.watch.calm_begins({1, 2, 3}, at_once);
  EXPECT_THAT(s.anomalies(), IsEmpty());
  s.now = s.now + seconds(10);
  s.watch.calm_begins({1, 2, 3}, at_once);
  EXPECT_THAT(s.anomalies(), Contains("leaderless"));
}

TEST(Calm, ALeaderAmongThemKeepsItsTerm) {
  for (bool deposed : {false, true}) {
    CalmStory s;
    s.watch.calm_begins({1, 2}, at_once);
    if (deposed) {
      s.sights[1].role = Role::follower;
      s.sights[1].term = 2;
    } else {
      s.elect(1, 2);
    }
    s.step(1);
    s.watch.calm_ends();
    EXPECT_THAT(s.anomalies(), Contains("term-not-kept"));
  }
}

// Broker 1 is cut off from the controller, and does not know yet that the topic is deleted.
TEST(Calm, ALeaderOfADeletedTopicMayLoseItsTerm) {
  for (int removed : {2, 3}) {
    CalmStory s;
    s.watch.calm_begins({1, 2}, at_once);
    s.watch.removed(group, id(removed));
    s.sights[1].role = Role::follower;
    s.step(1);
    s.watch.calm_ends();
    if (removed == 2)
      EXPECT_THAT(s.anomalies(), IsEmpty()) << "no majority of it is left";
    else
      EXPECT_THAT(s.anomalies(), Contains("term-not-kept")) << "the majority that was left alone is still there";
  }
}

TEST(Calm, ALeaderElsewhereMayGoAndOneThatIsAskedToMayHandOver) {
  CalmStory elsewhere;
  EXPECT_EQ(elsewhere.watch.calm_begins({2, 3}, at_once), 0u);
  elsewhere.elect(2, 2);
  elsewhere.watch.calm_ends();
  EXPECT_THAT(elsewhere.anomalies(), IsEmpty());
  CalmStory asked;
  EXPECT_EQ(asked.watch.calm_begins({1, 2}, at_once), 1u);
  asked.watch.sends(group, {id(1), id(2), 1, TimeoutNow{}});
  asked.sights[1].role = Role::follower;
  asked.step(1);
  asked.watch.calm_ends();
  EXPECT_THAT(asked.anomalies(), IsEmpty());
  CalmStory later_term;
  later_term.sights[3].term = 5;
  later_term.step(3);
  EXPECT_EQ(later_term.watch.calm_begins({1, 2}, at_once), 0u) << "it has to be told of that term";
}

TEST(Calm, WhatIsAppendedIsCommittedWithinAboutASecond) {
  CalmStory late;
  late.watch.calm_begins({1, 2}, at_once);
  late.append(1, 1, "b");
  late.append(2, 1, "b");
  late.later(seconds(2));
  late.commit(1, 2);
  EXPECT_THAT(late.anomalies(), Contains("slow-commit"));
  CalmStory never;
  never.watch.calm_begins({1, 2}, at_once);
  never.append(1, 1, "b");
  never.later(seconds(2));
  never.watch.calm_ends();
  EXPECT_THAT(never.anomalies(), Contains("slow-commit"));
  CalmStory throttled;
  throttled.watch.calm_begins({1, 2}, !at_once);
  throttled.append(1, 1, "b");
  throttled.later(seconds(2));
  throttled.watch.calm_ends();
  EXPECT_THAT(throttled.anomalies(), IsEmpty());
}

TEST(Claims, OfALeaderAreTrueOrWereAMomentAgo) {
  CalmStory s;
  s.later(seconds(1));
  EXPECT_EQ(s.watch.doubt_claim(group, 1, 1, s.now), "");
  s.sights[1].role = Role::follower;
  s.step(1);
  s.later(seconds(4));
  EXPECT_EQ(s.watch.doubt_claim(group, 1, 1, s.now), "") << "the word may be under way";
  s.later(seconds(2));
  EXPECT_NE(s.watch.doubt_claim(group, 1, 1, s.now), "") << "it leads no more";
  CalmStory paused;
  paused.later(seconds(1));
  paused.elect(2, 2);
  paused.later(seconds(6));
  EXPECT_NE(paused.watch.doubt_claim(group, 1, 1, paused.now), "") << "another one has led for long";
  EXPECT_EQ(paused.watch.doubt_claim(group, 2, 2, paused.now), "");
  CalmStory emptied;
  emptied.watch.ended(1);
  emptied.sights[1].self.directory = {9, 9};
  emptied.open(1);
  emptied.step(1);
  emptied.later(seconds(10));
  EXPECT_EQ(emptied.watch.doubt_claim(group, 1, 1, emptied.now), "") << "it leads again, from another directory";
  CalmStory reopened;
  reopened.sights[1].role = Role::follower;
  reopened.step(1);
  reopened.later(seconds(10));
  reopened.elect(1, 2);
  reopened.later(seconds(10));
  reopened.sights[1].role = Role::follower;
  reopened.open(1);
  EXPECT_EQ(reopened.watch.doubt_claim(group, 1, 2, reopened.now), "") << "its log has gone offline just now";
  reopened.later(seconds(6));
  EXPECT_NE(reopened.watch.doubt_claim(group, 1, 2, reopened.now), "");
}

struct InSyncStory : CalmStory {
  void keeps(int broker, Offset match) { watch.sends(group, {id(broker), id(1), 1, AppendReply{.match = match}}); }
  std::string doubt(int broker, Epoch epoch = 1, std::optional<Instant> fenced_since = {}) {
    return watch.doubt_in_sync(group, broker, epoch, lag_max, now, fenced_since);
  }
  static constexpr Duration lag_max = seconds(2);
};

TEST(InSyncClaims, AreOfWhoHasWhatTheLeaderHadSomeTimeAgo) {
  InSyncStory s;
  s.keeps(2, 1);
  s.append(1, 1, "b");
  s.append(2, 1, "b");
  s.later(seconds(6));
  EXPECT_EQ(s.doubt(2), "") << "the word may be that old";
  s.later(seconds(2));
  EXPECT_NE(s.doubt(2), "") << "it has not said that it keeps the second record";
  s.keeps(2, 2);
  EXPECT_EQ(s.doubt(2), "");
  EXPECT_NE(s.doubt(3), "") << "that one has never said anything";
  EXPECT_EQ(s.doubt(3, 2), "") << "of that epoch no leader is known";
}

TEST(InSyncClaims, OfALeaderThatIsNewMayBeOfAnybody) {
  InSyncStory s;
  s.elect(2, 2);
  s.later(seconds(5));
  EXPECT_EQ(s.doubt(3, 2), "");
  s.later(seconds(3));
  EXPECT_NE(s.doubt(3, 2), "");
}

TEST(InSyncClaims, OfALeaderThatHasLetGoOfItsReplicaMayBeOfAnybody) {
  InSyncStory s;
  s.later(seconds(8));
  EXPECT_NE(s.doubt(3), "");
  s.watch.removed(group, id(1));
  EXPECT_EQ(s.doubt(3), "");
}

// The topic is deleted, and an earlier claim about it arrives afterwards.
TEST(InSyncClaims, OfAReplicaThatIsRemovedAreNotDoubted) {
  InSyncStory s;
  s.keeps(2, 1);
  s.later(seconds(10));
  s.watch.removed(group, id(2));
  s.watch.heard(group, {id(2), id(1), 1, AppendReply{.match = 1}}, 1);
  s.watch.heard(group, {id(1), id(2), 1, AppendRequest{}}, 1);
  EXPECT_EQ(s.doubt(2), "");
}

TEST(InSyncClaims, AreNotOfWhoIsDownForLong) {
  InSyncStory s;
  s.keeps(2, 1);
  s.later(seconds(10));
  EXPECT_EQ(s.doubt(2), "");
  s.watch.ended(2);
  s.later(seconds(6));
  EXPECT_EQ(s.doubt(2), "");
  s.later(seconds(2));
  EXPECT_NE(s.doubt(2), "");
}

TEST(InSyncClaims, AreNotOfWhoIsDownAndKnownToBeFenced) {
  InSyncStory s;
  s.keeps(2, 1);
  auto fenced = s.now;
  s.later(seconds(6));
  EXPECT_EQ(s.doubt(2, 1, fenced), "") << "it is there, and may have been heard of again";
  s.watch.ended(2);
  s.later(seconds(6));
  EXPECT_EQ(s.doubt(2, 1), "") << "not known to be fenced";
  EXPECT_EQ(s.doubt(2, 1, s.now - seconds(1)), "") << "only just";
  EXPECT_NE(s.doubt(2, 1, fenced), "");
}

}  // namespace
}  // namespace fulmar
