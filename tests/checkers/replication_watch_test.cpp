// ReplicationWatch on hand-made stories: each anomaly has one that must be rejected, and a similar correct one that
// must not. Here: terms, votes, leaders and configurations.
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

}  // namespace
}  // namespace fulmar
