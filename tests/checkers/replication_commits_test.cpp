// ReplicationWatch on hand-made stories: what counts as committed, and who must have it.
#include <gmock/gmock.h>

#include "tests/checkers/replication_story.h"

namespace fulmar {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(ReplicationWatch, SeesAnAcknowledgementOfWhatIsNotOnTheDisk) {
  Story s;
  s.append(2, 0, "a", false);
  s.watch.sends(group, {id(2), id(1), 0, AppendReply{.verdict = Verdict::matched, .match = 1}});
  EXPECT_THAT(s.anomalies(), Contains("unsynced-ack"));
}

TEST(ReplicationWatch, SeesACommitThatNoQuorumKeeps) {
  for (bool second_synced : {false, true}) {
    Story s;
    s.elect(1, 1);
    s.append(1, 1, "a");
    s.append(2, 1, "a", second_synced);
    s.commit(1, 1);
    EXPECT_EQ(s.anomalies().empty(), second_synced);
  }
}

// 1 syncs, and so commits, what 2 had acknowledged before it lost it by damage.
struct ACommitByWhatDamageHasTaken : testing::Test {
  ACommitByWhatDamageHasTaken() {
    s.elect(1, 1);
    s.append(1, 1, "a");
    s.append(2, 1, "a");
  }
  void acknowledge() { s.watch.sends(group, {id(2), id(1), 1, AppendReply{.verdict = Verdict::matched, .match = 1}}); }
  void damage(bool known) {
    s.watch.damaged(2);
    s.written[2][Story::log].clear();
    s.sights[2].log_end = 0;
    s.sights[2].last_epoch = -1;
    s.sights[2].damaged = known;
    s.sights[2].term = 1;
    s.open(2);
  }

  Story s;
};

TEST_F(ACommitByWhatDamageHasTaken, IsSoundAsLongAsItsReplicaDoesNotVote) {
  acknowledge();
  damage(true);
  s.commit(1, 1);
  EXPECT_THAT(s.anomalies(), IsEmpty());
}

TEST_F(ACommitByWhatDamageHasTaken, IsNoneIfItWasNeverAcknowledged) {
  damage(true);
  s.commit(1, 1);
  EXPECT_THAT(s.anomalies(), Contains("no-quorum"));
}

TEST_F(ACommitByWhatDamageHasTaken, IsNoneIfItsReplicaDoesNotKnowThatItIsDamaged) {
  acknowledge();
  damage(false);
  s.commit(1, 1);
  EXPECT_THAT(s.anomalies(), Contains("no-quorum"));
}

TEST_F(ACommitByWhatDamageHasTaken, IsNoneOnceItsReplicaTakesPartAgain) {
  acknowledge();
  damage(true);
  s.sights[2].damaged = false;
  s.step(2);
  s.commit(1, 1);
  EXPECT_THAT(s.anomalies(), Contains("no-quorum"));
}

TEST_F(ACommitByWhatDamageHasTaken, IsNotOfAReplicaThatForgetsItsTermAndDoesNotKnow) {
  acknowledge();
  s.sights[2].term = -1;
  for (bool known : {true, false}) {
    s.watch.damaged(2);
    s.sights[2].made_anew = known;
    s.open(2);
    EXPECT_EQ(std::ranges::count(s.anomalies(), "term-back"), known ? 0 : 1);
  }
}

// As after the topic's deletion: its leader, on a slow link, receives their acknowledgements first.
TEST(ReplicationWatch, CountsWhatReplicasHadToldBeforeTheyWereRemoved) {
  for (bool told : {true, false}) {
    Story s;
    s.elect(1, 1);
    s.append(1, 1, "a");
    s.append(2, 1, "a");
    if (told) s.watch.sends(group, {id(2), id(1), 1, AppendReply{.verdict = Verdict::matched, .match = 1}});
    for (int broker : {2, 3}) {
      s.watch.removed(group, id(broker));
      s.written[broker].clear();
      s.kept[broker].clear();
    }
    s.commit(1, 1);
    if (told)
      EXPECT_THAT(s.anomalies(), IsEmpty());
    else
      EXPECT_THAT(s.anomalies(), Contains("no-quorum"));
    s.append(1, 1, "b");
    s.commit(1, 2);
    EXPECT_THAT(s.anomalies(), Contains("no-quorum")) << "nobody has told that";
  }
}

// As if the follower has a snapshot of it, which an earlier leader committed.
TEST(ReplicationWatch, CountsWhatAFollowerHasDeleted) {
  for (Offset start : {0, 1}) {
    Story s;
    s.elect(1, 1);
    s.append(1, 1, "a");
    s.sights[2].log_start = s.sights[2].log_end = start;
    s.step(2);
    s.commit(1, 1);
    EXPECT_EQ(s.anomalies().size(), start == 0 ? 1u : 0u);
  }
}

TEST(ReplicationWatch, CountsNoLearnerAndBothSetsOfAJointConfiguration) {
  for (const Configuration& in_force :
       {Configuration{{id(1), id(3), id(4)}, {}, {id(2)}}, Configuration{{id(1), id(2)}, {id(1), id(3), id(4)}, {}}}) {
    Story s;
    s.elect(1, 1);
    s.sights[1].configuration = in_force;
    s.promise(4, 1, std::nullopt);
    s.step(1);
    s.append(1, 1, "a");
    s.append(2, 1, "a");
    s.commit(1, 1);
    EXPECT_THAT(s.anomalies(), Contains("no-quorum"));
  }
}

TEST(ReplicationWatch, SeesEntriesCommittedByCountingWhatWasSaidInEarlierTerms) {
  Story s;
  s.everybody_appends(0, "a");
  s.elect(1, 1);
  s.promise(2, 1, id(1), 0);
  s.promise(3, 1, std::nullopt, 0);
  s.commit(1, 1);
  EXPECT_THAT(s.anomalies(), Contains("old-term-commit"));
}

TEST(ReplicationWatch, SeesALeaderThatCountsItselfWithALogThatNeedNotBeOfItsTerm) {
  Story s;
  s.append(1, 0, "a");
  s.append(2, 0, "a");
  s.elect(1, 1);
  s.promise(1, 1, id(1), 0);
  s.promise(3, 1, std::nullopt, 0);
  s.commit(1, 1);
  EXPECT_THAT(s.anomalies(), Contains("old-term-commit"));
}

TEST(ReplicationWatch, AcceptsEntriesOfEarlierTermsThatAMajorityHasInThisOne) {
  Story s;
  s.everybody_appends(0, "a");
  s.elect(1, 1);
  s.promise(3, 1, std::nullopt, 0);
  s.commit(1, 1);
  EXPECT_THAT(s.anomalies(), IsEmpty());
}

TEST(ReplicationWatch, SeesCommittedRecordsGivenOfATransactionThatIsNotDecided) {
  // Offsets 0 and 2 are of one transaction, 1 is of another; 3 ends the first.
  auto story = [](Story& s) {
    s.elect(1, 1);
    for (int broker = 1; broker <= 3; ++broker) {
      s.append_of(7, broker, 1);
      s.append_of(8, broker, 1);
      s.append_of(7, broker, 1);
      s.append_of(7, broker, 1, true);
    }
  };
  struct Step {
    Offset commit, last_stable;
    bool sound;
  };
  for (auto [commit, last_stable, sound] :
       {Step{3, 0, true}, {3, 1, false}, {4, 1, true}, {4, 2, false}, {4, -1, true}}) {
    Story s;
    story(s);
    s.sights[1].last_stable = last_stable;
    s.commit(1, commit);
    if (sound)
      EXPECT_THAT(s.anomalies(), IsEmpty()) << commit << ", " << last_stable;
    else
      EXPECT_THAT(s.anomalies(), ElementsAre("lso-passes-open")) << commit << ", " << last_stable;
  }
  // If the marker is truncated, the transaction is open again; and a restarted replica finds it in its log.
  for (bool restarts : {false, true}) {
    Story s;
    story(s);
    s.truncate(2, 3);
    s.promise(2, 1, id(1));
    s.sights[2].term = 1;
    if (restarts) s.open(2);
    s.sights[2].last_stable = 1;
    s.commit(2, 3);
    EXPECT_THAT(s.anomalies(), ElementsAre("lso-passes-open"));
  }
}

TEST(ReplicationWatch, SeesALeaderThatLacksWhatIsCommitted) {
  Story s;
  s.elect(1, 1);
  s.append(1, 1, "a");
  s.append(2, 1, "a");
  s.commit(1, 1);
  s.elect(3, 2);
  EXPECT_THAT(s.anomalies(), Contains("incomplete-leader"));
}

TEST(ReplicationWatch, AsksABelatedLeaderForNothingThatALaterOneCommitted) {
  Story s;
  for (int broker : {1, 2}) s.append(broker, 0, "never counted in its own term");
  s.vote(3, 3, 1);
  s.vote(1, 3, 1);
  s.elect(1, 2);
  for (int broker : {1, 2}) s.append(broker, 2, "commits both");
  s.commit(1, 2);
  s.lead(3, 1);
  EXPECT_THAT(s.anomalies(), IsEmpty());
}

TEST(ReplicationWatch, LetsAFollowerOfAnEarlierLeaderCutWhatALaterOneCommits) {
  Story s;
  s.everybody_appends(0, "a");
  s.elect(1, 2);
  s.append(1, 2, "b");
  s.append(2, 2, "b");
  s.commit(1, 2);
  s.sights[3].term = 1;
  s.step(3);
  s.truncate(3, 0);
  EXPECT_THAT(s.anomalies(), IsEmpty());
}

TEST(ReplicationWatch, LetsABelatedLeaderCommitWhatIsCommittedByThoseWhoHaveItNoMore) {
  Story s;
  s.elect(1, 1);
  s.everybody_appends(1, "a");
  s.elect(2, 2);
  for (int broker : {2, 3}) s.append(broker, 2, "b");
  s.commit(2, 2);
  for (int broker : {2, 3}) s.watch.removed(group, id(broker));
  s.commit(1, 1);
  EXPECT_THAT(s.anomalies(), IsEmpty());
}

TEST(ReplicationWatch, SeesACommitIndexThatGoesBack) {
  Story s;
  s.elect(1, 1);
  s.everybody_appends(1, "a");
  s.commit(1, 1);
  s.commit(1, 0);
  EXPECT_THAT(s.anomalies(), Contains("commit-back"));
}

}  // namespace
}  // namespace fulmar
