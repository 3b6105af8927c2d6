// ReplicationWatch on hand-made stories: each anomaly has one that must be rejected, and a similar correct one that
// must not.
#include <gmock/gmock.h>

#include "tests/checkers/replication_story.h"

namespace fulmar {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

bool any_replica(const GroupId&, std::int32_t) {
  return true;
}

TEST(ReplicationWatch, HasNothingAgainstASoundStory) {
  Story s;
  s.elect(1, 1);
  s.everybody_appends(1, "a");
  for (int broker = 1; broker <= 3; ++broker) s.commit(broker, 1);
  s.append(1, 1, "lost with its leader");
  s.sights[1].role = Role::follower;
  s.elect(2, 2);
  s.append(2, 2, "b");
  s.append(3, 2, "b");
  s.commit(2, 2);
  s.sights[1].term = 2;
  s.step(1);
  s.truncate(1, 1);
  s.append(1, 2, "b");
  s.commit(1, 2);
  s.watch.ended(3);
  s.sights[3].term = 2;
  s.open(3);
  EXPECT_THAT(s.anomalies(), IsEmpty());
  EXPECT_THAT(s.watch.leaderless(any_replica), IsEmpty());
}

TEST(ReplicationWatch, SeesTwoLeadersOfATerm) {
  Story s;
  s.elect(1, 1);
  s.lead(2, 1);
  EXPECT_THAT(s.anomalies(), Contains("two-leaders"));
}

TEST(ReplicationWatch, SeesALeaderWithoutAQuorumOfVotes) {
  Story s;
  s.vote(1, 1, 1);
  s.lead(1, 1);
  EXPECT_THAT(s.anomalies(), Contains("no-quorum"));
}

TEST(ReplicationWatch, SeesAReplicaVoteTwiceInATerm) {
  Story s;
  s.vote(3, 1, 1);
  s.vote(3, 2, 1);
  EXPECT_THAT(s.anomalies(), Contains("two-votes"));
}

TEST(ReplicationWatch, SeesATermOrAVoteThatIsToldBeforeItIsStored) {
  Story s;
  s.vote(3, 1, 1, false);
  EXPECT_THAT(s.anomalies(), Contains("term-not-stored"));
  Story other;
  other.promise(3, 1, id(2));
  other.vote(3, 1, 1, false);
  EXPECT_THAT(other.anomalies(), Contains("vote-not-stored"));
}

TEST(ReplicationWatch, SeesACoreThatContradictsItself) {
  Story s;
  s.watch.broke(group, id(2), "the term has gone back");
  EXPECT_THAT(s.anomalies(), ElementsAre("broken-invariant"));
}

TEST(ReplicationWatch, SeesALaterTermThatIsIgnored) {
  Story s;
  s.watch.heard(group, {id(2), id(1), 4, HeartbeatReply{}}, 4);
  s.watch.heard(group, {id(2), id(1), 5, VoteRequest{}}, 4);
  s.watch.heard(group, {id(2), id(1), 5, VoteReply{true, true, 0}}, 4);
  EXPECT_THAT(s.anomalies(), IsEmpty());
  s.watch.heard(group, {id(2), id(1), 5, HeartbeatReply{}}, 4);
  EXPECT_THAT(s.anomalies(), Contains("term-ignored"));
}

TEST(ReplicationWatch, SeesATermThatGoesBackWithARestart) {
  Story s;
  s.vote(3, 1, 5);
  s.watch.ended(3);
  s.open(3);
  EXPECT_THAT(s.anomalies(), Contains("term-back"));
}

TEST(ReplicationWatch, SeesAnAcknowledgementOfWhatIsNotOnTheDisk) {
  Story s;
  s.append(2, 0, "a", false);
  s.watch.sends(group, {id(2), id(1), 0, AppendReply{.verdict = Verdict::matched, .match = 1}});
  EXPECT_THAT(s.anomalies(), Contains("unsynced-ack"));
}

TEST(ReplicationWatch, FollowsALogThatIsCutToWhereASegmentBeginsAndGoesOnInTheOneBefore) {
  Story s;
  auto says_to_have = [&](Offset match) {
    s.watch.sends(group, {id(2), id(1), 0, AppendReply{.verdict = Verdict::matched, .match = match}});
  };
  const std::string second = "t-0/00000000000000000001.log";
  s.append(2, 0, "a");
  s.append(2, 0, "b", true, second);
  s.append(2, 0, "c", true, second);
  says_to_have(3);
  s.watch.truncated(group, id(2), 2);
  s.watch.truncated(group, id(2), 1);
  s.written[2].erase(second);
  s.kept[2].erase(second);
  s.sights[2].log_end = 1;
  s.append(2, 0, "b");
  says_to_have(2);
  EXPECT_THAT(s.anomalies(), IsEmpty());
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

TEST(ReplicationWatch, SeesAControlBatch) {
  Story s;
  s.elect(1, 1);
  s.append_control(1, 1);
  EXPECT_THAT(s.anomalies(), ElementsAre("hole"));
}

TEST(ReplicationWatch, SeesALeaderByAConfigurationFromBeforeOneThatWasSettled) {
  for (std::int64_t version : {1, 2}) {
    Story s;
    s.elect(1, 1);
    s.sights[1].configuration_mark = {1, 2};
    s.sights[1].configuration_settled = true;
    s.step(1);
    s.sights[2].configuration_mark = {2, version};
    s.elect(2, 2);
    if (version == 2)
      EXPECT_THAT(s.anomalies(), IsEmpty());
    else
      EXPECT_THAT(s.anomalies(), ElementsAre("earlier-configuration"));
  }
}

TEST(ReplicationWatch, SeesAConfigurationThatIsSaidToBeKeptAndIsNot) {
  Story s;
  s.elect(1, 1);
  AppendReply reply{.verdict = Verdict::matched, .match = 0};
  s.watch.sends(group, {id(2), id(1), 1, reply});
  EXPECT_THAT(s.anomalies(), IsEmpty());
  reply.configuration = {1, 1};
  s.watch.sends(group, {id(2), id(1), 1, reply});
  EXPECT_THAT(s.anomalies(), ElementsAre("configuration-not-stored"));
}

TEST(ReplicationWatch, SeesOffsetsThatNoBatchHas) {
  Story s;
  s.elect(1, 1);
  s.append(1, 1, "a");
  ++s.sights[1].log_end;
  s.append(1, 1, "b");
  EXPECT_THAT(s.anomalies(), Contains("hole"));
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

TEST(ReplicationWatch, SeesThatAFencedProducerWritesOn) {
  constexpr auto marker = true;
  for (bool is_marker : {false, true}) {
    Story s;
    s.elect(1, 1);
    s.append_of(7, 1, 1, false, 3);
    s.append_of(7, 1, 1, marker, 4);  // which ends the transaction by fencing it
    s.append_of(8, 1, 1, false, 3);
    s.append_of(7, 1, 1, false, 4);
    EXPECT_THAT(s.anomalies(), IsEmpty());
    s.append_of(7, 1, 1, is_marker, 3);
    EXPECT_THAT(s.anomalies(), ElementsAre("zombie-append"));
  }
  // What was truncated has fenced nobody.
  Story s;
  s.elect(1, 1);
  s.append_of(7, 2, 1, false, 3);
  s.append_of(7, 2, 1, marker, 4);
  s.truncate(2, 1);
  s.append_of(7, 2, 2, marker, 3);
  EXPECT_THAT(s.anomalies(), IsEmpty());
}

TEST(ReplicationWatch, MissesABatchThatWasCompactedAwayOnlyIfThatWasSaidBefore) {
  for (bool said : {true, false}) {
    Story s;
    s.elect(1, 1);
    for (const auto* value : {"a", "b", "c"}) s.everybody_appends(1, value);
    for (int broker = 1; broker <= 3; ++broker) s.commit(broker, 3);
    const auto gone = s.batches[3][1];
    if (said) s.watch.rewriting(group, id(3), 0, 3, {{gone, std::nullopt}});
    for (auto* files : {&s.written, &s.kept}) (*files)[3][Story::log].erase(s.batches[3][0].size(), gone.size());
    s.watch.ended(3);
    s.open(3);
    if (said)
      EXPECT_THAT(s.anomalies(), IsEmpty());
    else
      EXPECT_THAT(s.anomalies(), Contains("broken-log"));
  }
}

TEST(ReplicationWatch, SeesThatWhatIsNotCommittedIsWrittenAnew) {
  Story s;
  s.elect(1, 1);
  for (const auto* value : {"a", "b", "c"}) s.everybody_appends(1, value);
  s.commit(1, 2);
  s.watch.rewriting(group, id(1), 0, 2, {});
  EXPECT_THAT(s.anomalies(), IsEmpty());
  s.watch.rewriting(group, id(1), 0, 3, {});
  EXPECT_THAT(s.anomalies(), ElementsAre("uncommitted-removed"));
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

TEST(ReplicationWatch, SeesTwoContentsOfOneOffset) {
  Story s;
  s.append(1, 0, "a");
  s.append(2, 0, "b");
  EXPECT_THAT(s.anomalies(), Contains("two-contents"));
  Story pasts;
  pasts.append(1, 0, "a");
  pasts.append(1, 2, "c");
  pasts.append(2, 1, "b");
  pasts.append(2, 2, "c");
  EXPECT_THAT(pasts.anomalies(), Contains("two-pasts"));
  Story commits;
  commits.append(1, 0, "a");
  commits.append(2, 1, "b");
  commits.commit(1, 1);
  commits.commit(2, 1);
  EXPECT_THAT(commits.anomalies(), Contains("two-commits"));
}

TEST(ReplicationWatch, SeesATruncationOfWhatIsCommittedAndALeaderThatTruncates) {
  Story s;
  s.elect(1, 1);
  s.everybody_appends(1, "a");
  s.commit(1, 1);
  s.sights[3].term = 1;
  s.step(3);
  s.truncate(3, 0);
  EXPECT_THAT(s.anomalies(), Contains("truncated-committed"));
  s.truncate(1, 0);
  EXPECT_THAT(s.anomalies(), Contains("leader-truncates"));
}

TEST(ReplicationWatch, LetsOneThatIsMadeAnewBeginAnewAndNoOther) {
  for (bool made_anew : {true, false}) {
    Story s;
    s.elect(1, 1);
    s.everybody_appends(1, "a");
    s.commit(1, 1);
    s.sights[3].term = 1;
    s.sights[3].damaged = true;
    s.sights[3].made_anew = made_anew;
    s.step(3);
    s.sights[3].commit = 1;
    s.step(3);
    s.truncate(3, 0);
    s.sights[3].commit = 0;
    for (int step = 1; step <= 2; ++step) s.step(3);
    if (made_anew) {
      EXPECT_THAT(s.anomalies(), IsEmpty());
    } else {
      EXPECT_THAT(s.anomalies(), Contains("truncated-committed"));
      EXPECT_THAT(s.anomalies(), Contains("commit-back"));
    }
  }
}

// One that does not vote may hold records that were deleted elsewhere, and takes its leader's log instead.
TEST(ReplicationWatch, LetsOnlyReplicasThatDoNotVoteBeginTheirLogsAnew) {
  for (bool voter : {true, false}) {
    Story s;
    s.elect(1, 1);
    s.everybody_appends(1, "a");
    s.commit(1, 1);
    s.sights[3].term = 1;
    s.sights[3].commit = 1;
    if (!voter) s.sights[3].configuration = {{id(1), id(2)}, {}, {id(3)}};
    s.step(3);
    s.sights[3].commit = 0;
    s.step(3);
    s.start_over(3, 0);
    s.step(3);
    if (voter) {
      EXPECT_THAT(s.anomalies(), Contains("truncated-committed"));
      EXPECT_THAT(s.anomalies(), Contains("commit-back"));
      continue;
    }
    EXPECT_THAT(s.anomalies(), IsEmpty());
    s.append(3, 1, "a");
    for (Offset commit : {1, 0, 0}) {
      s.sights[3].commit = commit;
      s.step(3);
    }
    EXPECT_THAT(s.anomalies(), Contains("commit-back")) << "with a log that is not begun anew again";
  }
}

TEST(ReplicationWatch, SeesLogsThatAreWrittenOverOrGoBackInEpochs) {
  Story s;
  s.append(1, 3, "a");
  s.append(1, 2, "b");
  EXPECT_THAT(s.anomalies(), Contains("epoch-back"));
  s.sights[1].log_end = 1;
  s.append(1, 3, "c");
  EXPECT_THAT(s.anomalies(), Contains("overwrite"));
}

TEST(ReplicationWatch, SeesACommitIndexThatGoesBack) {
  Story s;
  s.elect(1, 1);
  s.everybody_appends(1, "a");
  s.commit(1, 1);
  s.commit(1, 0);
  EXPECT_THAT(s.anomalies(), Contains("commit-back"));
}

TEST(ReplicationWatch, SeesThatWhatWasSyncedIsNotFoundAgain) {
  Story s;
  s.append(2, 0, "a");
  s.watch.sends(group, {id(2), id(1), 0, AppendReply{.verdict = Verdict::matched, .match = 1}});
  s.written[2][Story::log].clear();
  s.batches[2].clear();
  s.sights[2].log_end = 0;
  s.sights[2].last_epoch = -1;
  s.watch.ended(2);
  s.open(2);
  EXPECT_THAT(s.anomalies(), Contains("lost-synced"));
  Story hurt;
  hurt.append(2, 0, "a");
  hurt.watch.sends(group, {id(2), id(1), 0, AppendReply{.verdict = Verdict::matched, .match = 1}});
  hurt.watch.damaged(2);
  hurt.written[2][Story::log].clear();
  hurt.sights[2].log_end = 0;
  hurt.open(2);
  EXPECT_THAT(hurt.anomalies(), IsEmpty());
}

TEST(ReplicationWatch, SeesAnEpochCacheThatDisagreesWithTheLog) {
  Story s;
  s.append(1, 3, "a");
  s.sights[1].last_epoch = 2;
  s.step(1);
  EXPECT_THAT(s.anomalies(), Contains("wrong-epoch"));
}

TEST(ReplicationWatch, SeesConfigurationsWhoseQuorumsNeedNotMeet) {
  Story s;
  s.elect(1, 1);
  s.sights[1].configuration = {{id(1), id(4), id(5)}, {}, {}};
  s.step(1);
  EXPECT_THAT(s.anomalies(), Contains("disjoint-quorums"));
}

TEST(ReplicationWatch, SaysWhichReplicasDifferAndWhoHasNoLeader) {
  Story s;
  EXPECT_EQ(s.watch.leaderless(any_replica).size(), 1u);
  EXPECT_EQ(s.watch.differing({1, 2, 3}).size(), 1u);
  s.elect(1, 1);
  EXPECT_THAT(s.watch.leaderless(any_replica), IsEmpty());
  auto all_but_the_leader = [](const GroupId&, std::int32_t broker) { return broker != 1; };
  EXPECT_EQ(s.watch.leaderless(all_but_the_leader).size(), 1u);
  EXPECT_THAT(s.watch.leaderless([](const GroupId&, std::int32_t) { return false; }), IsEmpty());
  s.append(1, 1, "a");
  s.append(2, 1, "a");
  for (int broker = 1; broker <= 2; ++broker) s.commit(broker, 1);
  EXPECT_THAT(s.watch.differing({1, 2}), IsEmpty());
  EXPECT_EQ(s.watch.differing({1, 2, 3}).size(), 1u);
}

TEST(ReplicationWatch, HoldsPageCacheTopicsToItUpToTheFirstPowerLoss) {
  Story s;
  for (auto& [broker, sight] : s.sights) sight.synced = false;
  for (int broker = 1; broker <= 3; ++broker) s.step(broker);
  s.append(1, 0, "a");
  s.watch.power_lost();
  s.append(2, 0, "b");
  EXPECT_THAT(s.anomalies(), IsEmpty());
}

}  // namespace
}  // namespace fulmar
