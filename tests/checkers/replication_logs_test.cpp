// ReplicationWatch on hand-made stories: what logs have, what may be cut, and what must be found again.
#include <gmock/gmock.h>

#include "tests/checkers/replication_story.h"

namespace fulmar {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

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

TEST(ReplicationWatch, SeesAControlBatch) {
  Story s;
  s.elect(1, 1);
  s.append_control(1, 1);
  EXPECT_THAT(s.anomalies(), ElementsAre("hole"));
}

TEST(ReplicationWatch, SeesOffsetsThatNoBatchHas) {
  Story s;
  s.elect(1, 1);
  s.append(1, 1, "a");
  ++s.sights[1].log_end;
  s.append(1, 1, "b");
  EXPECT_THAT(s.anomalies(), Contains("hole"));
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

// What is on a replica's disk, but nobody was told of, may be cut off when it starts: no commit was counted with it.
TEST(ReplicationWatch, LetsAReplicaLoseOnlyWhatNoCommitReliesOn) {
  enum class Loser : std::uint8_t { told, untold, leader };
  for (auto loser : {Loser::told, Loser::untold, Loser::leader})
    for (bool all_tell : {false, true}) {
      Story s;
      s.elect(1, 1);
      s.everybody_appends(1, "a");
      for (int teller : {2, 3})
        if (teller == 2 || all_tell)
          s.watch.sends(group, {id(teller), id(1), 1, AppendReply{.verdict = Verdict::matched, .match = 1}});
      s.commit(1, 1);
      int broker = loser == Loser::told ? 2 : loser == Loser::untold ? 3 : 1;
      s.written[broker][Story::log].clear();
      s.batches[broker].clear();
      s.sights[broker].log_end = 0;
      s.sights[broker].last_epoch = -1;
      s.sights[broker].commit = 0;
      s.sights[broker].role = Role::follower;
      s.watch.ended(broker);
      s.open(broker);
      bool relied_on = loser == Loser::told || (loser == Loser::untold ? all_tell : !all_tell);
      if (relied_on)
        EXPECT_THAT(s.anomalies(), Contains("lost-synced"));
      else
        EXPECT_THAT(s.anomalies(), IsEmpty()) << "broker " << broker << (all_tell ? ", all tell" : "");
    }
}

TEST(ReplicationWatch, SeesAnEpochCacheThatDisagreesWithTheLog) {
  Story s;
  s.append(1, 3, "a");
  s.sights[1].last_epoch = 2;
  s.step(1);
  EXPECT_THAT(s.anomalies(), Contains("wrong-epoch"));
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
