// The Raft paper (Ongaro & Ousterhout, "In Search of an Understandable Consensus Algorithm", extended version, 2014),
// section by section, and the sections of Ongaro's thesis (2014) that the core takes more from.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/raft/model.h"

namespace fulmar {
namespace {

constexpr Duration election_timeout = RaftSettings{}.election_timeout;

// A group of `size` replicas with leader 1, all up to date.
Model led_by_1(int size) {
  Model model;
  std::vector<int> voters;
  for (int broker = 1; broker <= size; ++broker) voters.push_back(broker);
  model.make_group(voters);
  model.campaign(1);
  model.deliver_all();
  return model;
}

bool heard_of(const Model& model, const char* what) {
  return std::any_of(model.parcels.begin(), model.parcels.end(),
                     [&](const Parcel& parcel) { return to_string(parcel.message).find(what) != std::string::npos; });
}

Message vote_request(int from, int to, Epoch term, Offset log_end, Epoch log_term) {
  return {Model::id(from), Model::id(to), term, VoteRequest{log_end, log_term, false, false}};
}

bool granted(Model& model, const Message& request) {
  auto& raft = model.raft(request.to.broker);
  raft.receive(request, model.now());
  auto output = raft.take_output();
  if (output.store) model.at(request.to.broker).disk = *output.store;
  return std::any_of(output.messages.begin(), output.messages.end(), [](const Message& message) {
    const auto* reply = std::get_if<VoteReply>(&message.body);
    return reply && reply->granted;
  });
}

TEST(RaftPaper, Section5_1_Basics_TermsAreLearnedFromAnyMessageAndOldOnesRefused) {
  auto model = led_by_1(3);
  EXPECT_EQ(model.raft(1).term(), 0);
  model.raft(1).receive({Model::id(2), Model::id(1), 5, HeartbeatReply{}}, model.now());
  model.settle(1);
  EXPECT_EQ(model.raft(1).role(), Role::follower) << "a leader that learns of a higher term is none";
  EXPECT_EQ(model.at(1).disk.term, 5) << "the term is stored";
  model.parcels.clear();
  model.raft(1).receive({Model::id(3), Model::id(1), 4, AppendRequest{}}, model.now());
  model.settle(1);
  EXPECT_FALSE(model.raft(1).leader());
  ASSERT_EQ(model.parcels.size(), 1u);
  EXPECT_EQ(model.parcels[0].message.term, 5) << "who fell behind learns the term";
}

TEST(RaftPaper, Section5_2_LeaderElection_AMajorityElectsOne) {
  Model model;
  model.make_group({1, 2, 3, 4, 5});
  model.crash(4, false);
  model.crash(5, false);
  model.campaign(1);
  model.deliver_all();
  EXPECT_EQ(model.leader(), 1);
  EXPECT_EQ(model.raft(2).leader(), Model::id(1));
}

TEST(RaftPaper, Section5_2_LeaderElection_AMinorityElectsNobody) {
  Model model;
  model.make_group({1, 2, 3, 4, 5});
  for (int broker : {3, 4, 5}) model.crash(broker, false);
  model.run(seconds(20));
  EXPECT_EQ(model.leader(), -1);
  EXPECT_EQ(model.raft(1).term(), -1) << "and no term is used up";
}

TEST(RaftPaper, Section5_2_LeaderElection_OneVoteAndThatIsStored) {
  Model model;
  model.make_group({1, 2, 3});
  EXPECT_TRUE(granted(model, vote_request(1, 3, 7, 0, -1)));
  EXPECT_EQ(model.at(3).disk.vote, Model::id(1));
  EXPECT_FALSE(granted(model, vote_request(2, 3, 7, 0, -1)));
  EXPECT_TRUE(granted(model, vote_request(1, 3, 7, 0, -1))) << "the same answer to the same question";
  model.crash(3, true);
  model.restart(3);
  model.pass(election_timeout);
  model.parcels.clear();
  EXPECT_FALSE(granted(model, vote_request(2, 3, 7, 0, -1))) << "also after a power loss";
}

TEST(RaftPaper, Section5_2_LeaderElection_SplitVotesEndBySeededTimeouts) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    Model model(seed);
    model.make_group({1, 2, 3, 4});
    for (int broker : {1, 2}) model.raft(broker).campaign(model.now());
    for (int broker : {1, 2}) model.settle(broker);
    model.run(seconds(10));
    EXPECT_NE(model.leader(), -1) << "seed " << seed;
  }
}

// One of the two remaining replicas received the leader's last heartbeat, the other did not.
TEST(RaftPaper, Section5_2_Elections_ASplitVoteIsSoonForgotten) {
  Duration longest{};
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    Model model(seed);
    model.make_group({1, 2, 3});
    model.campaign(1);
    model.deliver_all();
    model.lost = [](const Message& message) { return message.from == Model::id(1) && message.to == Model::id(3); };
    model.run(RaftSettings{}.heartbeat_interval);
    model.crash(1, false);
    auto begun = model.now();
    while (model.leader() == -1) {
      model.pass(milliseconds(1));
      model.deliver_all();
    }
    longest = std::max(longest, model.now() - begun);
  }
  EXPECT_LT(longest, 2 * election_timeout);
}

TEST(RaftPaper, Section5_3_LogReplication_CommittedOnceAMajorityHasIt) {
  auto model = led_by_1(3);
  model.crash(3, false);
  model.propose(1, "a");
  EXPECT_EQ(model.raft(1).commit(), 0);
  model.deliver_all();
  EXPECT_EQ(model.raft(1).commit(), 1);
  EXPECT_EQ(model.raft(2).commit(), 0) << "a follower learns of it by the next message";
  model.run(milliseconds(200));
  EXPECT_EQ(model.raft(2).commit(), 1);
}

// Figure 7: whatever the followers' logs, the leader of term 8 makes them like its own.
TEST(RaftPaper, Section5_3_LogReplication_Figure7) {
  Model model;
  model.make_group({{1, {1, 1, 1, 4, 4, 5, 5, 6, 6, 6}},
                    {2, {1, 1, 1, 4, 4, 5, 5, 6, 6}},
                    {3, {1, 1, 1, 4}},
                    {4, {1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6}},
                    {5, {1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7}},
                    {6, {1, 1, 1, 4, 4, 4, 4}},
                    {7, {1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3}}},
                   7);
  model.pass(election_timeout);
  model.parcels.clear();
  // The votes that it can get: 2, 3, 6 and 7 are less up to date.
  model.campaign(1);
  model.deliver_all();
  ASSERT_EQ(model.leader(), 1);
  model.run(milliseconds(500));
  const auto& leader = model.at(1).log;
  EXPECT_EQ(leader.end(), 10) << "its own log, and nothing on top";
  for (int broker = 2; broker <= 7; ++broker) {
    const auto& log = model.at(broker).log;
    ASSERT_EQ(log.end(), leader.end()) << broker;
    for (Offset offset = 0; offset < leader.end(); ++offset) EXPECT_EQ(log.at(offset), leader.at(offset)) << broker;
  }
}

TEST(RaftPaper, Section5_3_LogReplication_AnOldAppendThatMatchesTruncatesNothing) {
  auto model = led_by_1(3);
  model.propose(1, "a");
  auto old = model.parcels;
  model.deliver_all();
  model.propose(1, "b");
  model.deliver_all();
  ASSERT_EQ(model.at(2).log.end(), 2);
  model.parcels = old;
  model.deliver_all();
  EXPECT_EQ(model.at(2).log.end(), 2);
}

TEST(RaftPaper, Section5_4_1_ElectionRestriction_TheTermOfTheLogCountsBeforeItsLength) {
  Model model;
  model.make_group({{1, {1, 1, 1, 1}}, {2, {1, 2}}, {3, {1, 2}}}, 2);
  model.pass(2 * election_timeout);
  EXPECT_FALSE(granted(model, vote_request(1, 2, 9, 4, 1))) << "longer, and of an earlier term";
  EXPECT_TRUE(granted(model, vote_request(3, 2, 10, 2, 2))) << "as long, and of the same term";
  EXPECT_FALSE(granted(model, vote_request(1, 3, 11, 1, 2))) << "shorter";
}

// Figure 8: a batch of an earlier term that a majority has is not committed until a majority has acknowledged the
// leader's log in the present term. Then it is, without a batch of that term after it.
TEST(RaftPaper, Section5_4_2_CommittingFromPreviousTerms_Figure8) {
  Model model;
  model.make_group({{1, {1, 2}}, {2, {1, 2}}, {3, {1}}, {4, {1}}, {5, {1, 3}}}, 3);
  model.pass(2 * election_timeout);
  model.parcels.clear();
  model.crash(5, false);
  for (int broker : {1, 2, 3, 4}) model.at(broker).syncs = false;
  model.campaign(1);
  model.deliver_all();
  ASSERT_EQ(model.leader(), 1);
  ASSERT_EQ(model.at(3).log.at(1).epoch, 2) << "the batch of epoch 2 is on a majority";
  EXPECT_EQ(model.raft(1).commit(), 0);
  EXPECT_EQ(model.at(3).disk.log_term, 1) << "a power loss may still take what makes its log this leader's";
  auto lead_by_5 = vote_request(5, 3, 9, 2, 3);
  model.sync(3);
  model.deliver_all();
  EXPECT_EQ(model.raft(1).commit(), 2);
  EXPECT_EQ(model.at(1).log.end(), 2);
  model.pass(2 * election_timeout);
  for (int broker : {1, 2, 3}) {
    lead_by_5.to = Model::id(broker);
    EXPECT_FALSE(granted(model, lead_by_5)) << broker << ": whose log is of term 3 lacks what is committed";
  }
}

// A directory of the previous release, in which every leader began with a batch of its own.
TEST(RaftPaper, Section5_4_1_ElectionRestriction_AConvertedLogIsOfTheTermOfItsLastBatch) {
  Model model;
  model.make_group({{1, {1, 2}}, {2, {1, 1, 1}}, {3, {1}}}, 2);
  for (int broker : {1, 2, 3}) {
    model.crash(broker, false);
    model.at(broker).disk.log_term = log_term_of_last_batch;
    model.restart(broker);
  }
  EXPECT_EQ(model.at(1).disk.log_term, 2) << "stored before all else";
  EXPECT_EQ(model.at(2).disk.log_term, 1);
  model.pass(2 * election_timeout);
  EXPECT_FALSE(granted(model, vote_request(2, 1, 9, 3, 1)));
}

TEST(RaftPaper, Section5_5_FollowerAndCandidateCrashes_WhatIsSentAgainDoesNoHarm) {
  auto model = led_by_1(3);
  model.propose(1, "a");
  model.crash(2, true);
  model.deliver_all();
  model.restart(2);
  model.run(seconds(2));
  EXPECT_EQ(model.raft(2).commit(), 1);
  EXPECT_EQ(model.at(2).log.end(), 1);
}

// The request was sent when this follower was far behind. It no longer is, and its acknowledgements count.
TEST(RaftPaper, Section5_5_FollowerAndCandidateCrashes_AStartOverThatComesLateForgetsNothing) {
  auto model = led_by_1(3);
  model.lost = [](const Message& message) { return std::holds_alternative<Heartbeat>(message.body); };
  for (const char* value : {"a", "b", "c"}) model.propose(1, value);
  model.deliver_all();
  auto end = model.at(2).log.end();
  ASSERT_EQ(end, model.at(1).log.end());
  ASSERT_LT(model.raft(2).commit(), end) << "it was told of no commit";
  for (Offset offset = end; offset > model.raft(2).commit(); --offset) {
    StartOver late{offset, 0, {{}, {Model::ids({1, 2, 3}), {}, {}}}, 0, model.now()};
    model.parcels.push_back({{Model::id(1), Model::id(2), model.raft(1).term(), late}, {}});
    model.deliver_all();
    EXPECT_EQ(model.at(2).log.end(), end) << "from " << offset;
    EXPECT_EQ(model.at(2).log.start(), 0);
  }
}

TEST(RaftPaper, Section5_6_TimingAndAvailability_ASteadyLeaderStays) {
  auto model = led_by_1(5);
  model.run(seconds(60));
  EXPECT_EQ(model.leader(), 1);
  EXPECT_EQ(model.raft(1).term(), 0);
  model.crash(1, false);
  model.run(3 * election_timeout);
  EXPECT_NE(model.leader(), -1) << "and when it is gone, another one leads soon";
}

TEST(RaftPaper, Section6_MembershipChanges_JointDecisionsNeedBothMajorities) {
  Configuration joint{Model::ids({1, 2, 3}), Model::ids({3, 4, 5}), {}};
  auto decided_by = [&](std::vector<int> brokers) {
    return joint.has_quorum(
        [&](const ReplicaId& id) { return std::count(brokers.begin(), brokers.end(), id.broker) > 0; });
  };
  EXPECT_FALSE(decided_by({1, 2}));
  EXPECT_FALSE(decided_by({4, 5}));
  EXPECT_FALSE(decided_by({1, 2, 4}));
  EXPECT_TRUE(decided_by({1, 3, 4}));
  EXPECT_TRUE(decided_by({1, 2, 4, 5}));
}

TEST(RaftPaper, Section6_MembershipChanges_TheVotersAreReplacedWhileRecordsCome) {
  auto model = led_by_1(3);
  for (int broker : {4, 5, 6}) model.add_newborn(broker);
  model.set_target(1, {4, 5, 6});
  for (int i = 0; i < 50; ++i) {
    int leader = model.leader();
    if (leader > 0) model.propose(leader, "v" + std::to_string(i));
    model.run(milliseconds(50));
  }
  model.run(seconds(2));
  int leader = model.leader();
  ASSERT_GE(leader, 4);
  EXPECT_EQ(model.raft(leader).configuration(), (Configuration{Model::ids({4, 5, 6}), {}, {}}));
  EXPECT_GE(model.raft(leader).commit(), 50);
}

TEST(RaftPaper, Section6_MembershipChanges_NewcomersThatNeverAnswerHoldNobodyUp) {
  auto model = led_by_1(3);
  model.set_target(1, {4, 5, 6});
  model.run(seconds(3));
  EXPECT_TRUE(model.propose(1, "a"));
  model.deliver_all();
  EXPECT_EQ(model.raft(1).commit(), model.at(1).log.end());
  EXPECT_FALSE(model.raft(1).configuration().joint());
}

TEST(RaftPaper, Section6_MembershipChanges_LearnersMayStandForGood) {
  Model model;
  model.make_group(std::vector{1, 2, 3});
  model.add_newborn(4);
  model.add_newborn(5);
  model.campaign(1);
  model.deliver_all();
  model.set_target(1, {1, 2, 3}, {4, 5});
  model.run(seconds(1));
  EXPECT_EQ(to_string(model.raft(1).configuration()), "1 2 3 + 4 5");
  ASSERT_TRUE(model.propose(1, "a"));
  model.run(seconds(1));
  EXPECT_EQ(model.raft(5).commit(), model.raft(1).commit());
  EXPECT_EQ(model.raft(5).leader(), Model::id(1));
  // In one change one replica becomes a voter, another leaves, and a third becomes a permanent learner.
  model.set_target(1, {1, 2, 4}, {3});
  model.run(seconds(2));
  EXPECT_EQ(to_string(model.raft(1).configuration()), "1 2 4 + 3");
  EXPECT_EQ(to_string(model.raft(3).configuration()), "1 2 4 + 3");
}

TEST(RaftPaper, Section7_LogCompaction_WhoNeedsWhatIsGoneStartsOver) {
  auto model = led_by_1(3);
  model.crash(3, false);
  for (int i = 0; i < 10; ++i) model.propose(1, "v" + std::to_string(i));
  model.deliver_all();
  model.advance_log_start(1, 8);
  model.restart(3);
  model.run(seconds(2));
  EXPECT_EQ(model.at(3).log.start(), 8);
  EXPECT_EQ(model.raft(3).commit(), 10);
}

TEST(RaftPaper, Section8_ClientInteraction_ALeaderKnowsWhatIsCommittedBeforeItAnswers) {
  auto model = led_by_1(3);
  model.propose(1, "a");
  model.deliver_all();
  model.crash(1, false);
  model.lost = [](const Message& message) { return std::holds_alternative<AppendRequest>(message.body); };
  for (int i = 0; i < 30 && model.leader() == -1; ++i) {
    model.pass(milliseconds(100));
    model.deliver_all();
  }
  int leader = model.leader();
  ASSERT_NE(leader, -1);
  EXPECT_FALSE(model.raft(leader).established());
  model.lost = [](const Message&) { return false; };
  model.run(seconds(1));
  EXPECT_TRUE(model.raft(leader).established());
  EXPECT_GE(model.raft(leader).commit(), 1);
}

TEST(RaftThesis, Section3_10_LeadershipTransfer_OnlyToWhoHasEverything) {
  auto model = led_by_1(3);
  model.at(2).syncs = false;
  model.propose(1, "a");
  model.transfer(1, 2);
  model.deliver_all();
  EXPECT_FALSE(heard_of(model, "timeout now"));
  EXPECT_EQ(model.leader(), 1);
  EXPECT_FALSE(model.raft(1).accepts_appends());
  model.sync(2);
  model.deliver_all();
  EXPECT_EQ(model.leader(), 2);
  EXPECT_TRUE(model.raft(2).established()) << "it was told what is committed";
}

TEST(RaftThesis, Section4_2_1_CatchingUpNewServers_LearnersDoNotCount) {
  auto model = led_by_1(1);
  model.add_newborn(2);
  model.at(2).syncs = false;  // never gets far enough to be a voter
  model.set_target(1, {1, 2});
  for (int i = 0; i < 200; ++i) model.propose(1, "v");
  model.run(seconds(1));
  EXPECT_EQ(model.raft(1).configuration(), (Configuration{Model::ids({1}), {}, Model::ids({2})}));
  EXPECT_EQ(model.raft(1).commit(), 200) << "the voter alone decides";
}

TEST(RaftThesis, Section4_2_2_RemovingTheLeader_ItLeadsUntilThenAndHandsOver) {
  auto model = led_by_1(3);
  model.set_target(1, {2, 3});
  model.deliver_all();
  EXPECT_TRUE(model.leader() == 2 || model.leader() == 3) << model.status();
  EXPECT_EQ(model.raft(1).role(), Role::follower);
}

TEST(RaftThesis, Section4_2_3_DisruptiveServers_WhoIsCutOffDisturbsNobody) {
  auto model = led_by_1(3);
  model.lost = [](const Message& message) { return message.to.broker == 3; };
  model.run(seconds(20));
  model.lost = [](const Message&) { return false; };
  model.run(seconds(2));
  EXPECT_EQ(model.leader(), 1);
  EXPECT_EQ(model.raft(1).term(), 0);
}

TEST(RaftThesis, Section6_4_1_LeasesEndBeforeAnotherLeaderCanBe) {
  auto model = led_by_1(3);
  model.run(seconds(1));
  EXPECT_GT(model.raft(1).lease_until(), model.now());
  auto lease_end = model.raft(1).lease_until();
  model.lost = [](const Message& message) { return message.from.broker == 1 || message.to.broker == 1; };
  while (model.raft(2).role() != Role::leader && model.raft(3).role() != Role::leader) {
    model.pass(milliseconds(1));
    model.deliver_all();
  }
  EXPECT_GT(model.now(), lease_end);
}

TEST(RaftThesis, Section9_6_PreVote_NoTermIsUsedUpWithoutAChance) {
  Model model;
  model.make_group({{1, {1, 1}}, {2, {1, 1}}, {3, {1}}}, 1);
  model.pass(election_timeout);
  model.parcels.clear();
  model.campaign(3);
  model.deliver_all();
  EXPECT_EQ(model.raft(3).term(), 1);
  EXPECT_EQ(model.leader(), -1);
}

TEST(RaftThesis, Section10_2_1_WritingInParallel_TheLeadersOwnCopyCountsOnceItIsStable) {
  auto model = led_by_1(3);
  model.at(1).syncs = false;
  model.at(3).syncs = false;
  model.propose(1, "a");
  model.deliver_all();
  EXPECT_EQ(model.raft(1).commit(), 0) << "one of three has it for good";
  model.sync(1);
  EXPECT_EQ(model.raft(1).commit(), 1);
}

}  // namespace
}  // namespace fulmar
