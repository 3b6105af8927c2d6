// Configurations beside the log (docs/raft.md, "Members"): by which configuration a leader may decide, rule by rule.
#include <gtest/gtest.h>

#include "tests/raft/model.h"

namespace fulmar {
namespace {

class Members : public testing::Test {
 protected:
  Members() {
    model_.make_group({1, 2, 3});
    model_.campaign(1);
    model_.deliver_all();
    model_.propose(1, "a");
    model_.run(milliseconds(200));
  }
  // From now on these send and receive nothing.
  void cut_off(std::set<int> brokers) {
    model_.lost = [brokers](const Message& message) {
      return brokers.contains(message.from.broker) || brokers.contains(message.to.broker);
    };
  }
  ConfigurationMark mark_of(int broker) { return model_.raft(broker).configuration_mark(); }

  Model model_;
};

TEST_F(Members, AChangeTakesNoOffset) {
  model_.add_newborn(4);
  model_.set_target(1, {1, 2, 4});
  model_.run(seconds(2));
  EXPECT_EQ(model_.raft(1).configuration(), (Configuration{Model::ids({1, 2, 4}), {}, {}}));
  EXPECT_TRUE(model_.raft(1).configuration_settled());
  EXPECT_EQ(model_.at(4).log.end(), 1);
  EXPECT_EQ(mark_of(4), (ConfigurationMark{0, 3})) << "a learner, then both sets, then the new one";
  EXPECT_EQ(model_.stored(4).configuration, model_.stored(1).configuration);
}

TEST_F(Members, ANewLeaderMakesTheConfigurationItsOwnBeforeItCommits) {
  model_.crash(1, false);
  model_.run(seconds(2));
  auto leader = model_.leader();
  ASSERT_GT(leader, 1);
  auto term = model_.raft(leader).term();
  EXPECT_EQ(mark_of(leader), (ConfigurationMark{term, 0}));
  EXPECT_EQ(model_.stored(leader).configuration.mark.term, term);
  EXPECT_EQ(mark_of(5 - leader).term, term) << "and tells of it";
}

// Only 1 knows the configuration with 4 as a learner. 2 does not: 1 refuses its vote request and sends it the
// configuration; then 2 is elected.
TEST_F(Members, AVoterRefusesWhoHasAnEarlierConfigurationAndTellsOfItsOwn) {
  model_.add_newborn(4);
  cut_off({1});
  model_.set_target(1, {1, 2, 3, 4});
  ASSERT_EQ(mark_of(1), (ConfigurationMark{0, 1}));
  model_.crash(1, false);
  model_.restart(1);
  model_.crash(3, false);
  model_.lost = [](const Message&) { return false; };
  model_.pass(3 * RaftSettings{}.election_timeout);
  model_.parcels.clear();
  auto term = model_.raft(1).term() + 1;
  VoteRequest earlier{1, 0};
  model_.raft(1).receive({Model::id(2), Model::id(1), term, earlier}, model_.now());
  auto output = model_.raft(1).take_output();
  const auto* said = std::get_if<VoteReply>(&output.messages.at(0).body);
  ASSERT_TRUE(said);
  EXPECT_FALSE(said->granted);
  ASSERT_TRUE(said->configuration);
  EXPECT_EQ(said->configuration->mark, mark_of(1));
  model_.settle(1, std::move(output));
  model_.parcels.clear();
  model_.campaign(2);
  while (!model_.parcels.empty() && mark_of(2).version == 0) model_.deliver_one(0);
  EXPECT_EQ(mark_of(2).version, 1);
  EXPECT_NE(model_.raft(2).role(), Role::leader) << "by the earlier one";
  EXPECT_EQ(model_.stored(2).configuration.mark.version, 1);
  model_.run(seconds(3));
  ASSERT_GT(model_.leader(), 0);
  EXPECT_GE(mark_of(model_.leader()).version, 1);
}

// A leader whose configuration no other replica has stored does not change it again.
TEST_F(Members, ALeaderGoesOnOnlyOnceAQuorumKeepsThePresentOne) {
  model_.add_newborn(4);
  bool quiet = true;
  // 2 and 3 receive their leader's messages, but their replies, which acknowledge the configuration, are lost.
  model_.lost = [&quiet](const Message& message) { return quiet && message.to.broker == 1 && message.from.broker < 4; };
  model_.set_target(1, {1, 2, 3, 4});
  model_.run(RaftSettings{}.election_timeout / 2);
  EXPECT_EQ(mark_of(1).version, 1);
  EXPECT_EQ(mark_of(2).version, 1);
  EXPECT_FALSE(model_.raft(1).configuration_settled());
  quiet = false;
  model_.run(seconds(2));
  EXPECT_EQ(model_.raft(1).configuration().voters, Model::ids({1, 2, 3, 4}));
}

TEST_F(Members, WhatComesLateIsNotTaken) {
  model_.add_newborn(4);
  model_.set_target(1, {1, 2, 3, 4});
  model_.run(seconds(2));
  auto known = model_.stored(2).configuration;
  Heartbeat late{};
  late.sent_at = model_.now();
  late.configuration = MarkedConfiguration{{0, 1}, {Model::ids({1, 2, 3}), {}, Model::ids({4})}};
  model_.raft(2).receive({Model::id(1), Model::id(2), model_.raft(2).term(), late}, model_.now());
  model_.settle(2);
  EXPECT_EQ(model_.stored(2).configuration, known);
}

// It transfers its leadership while the configuration without it takes effect, and nobody stands: it is no voter by
// then, and must not stand either.
TEST_F(Members, ALeaderThatLedItselfOutWhileItHandedOverDoesNotStand) {
  auto hides_who_keeps_version = [](std::int64_t version) {
    return [version](const Message& message) {
      if (const auto* reply = std::get_if<HeartbeatReply>(&message.body))
        return reply->configuration.version >= version;
      if (const auto* reply = std::get_if<AppendReply>(&message.body)) return reply->configuration.version >= version;
      return std::holds_alternative<TimeoutNow>(message.body);
    };
  };
  model_.lost = hides_who_keeps_version(1);
  model_.set_target(1, {2, 3});
  model_.deliver_all();
  ASSERT_TRUE(model_.raft(1).configuration().joint());
  model_.transfer(1, 2);
  model_.lost = hides_who_keeps_version(2);
  model_.run(milliseconds(150));
  ASSERT_EQ(model_.raft(1).configuration(), (Configuration{Model::ids({2, 3}), {}, {}}));
  ASSERT_EQ(model_.raft(1).role(), Role::leader) << "it does not know yet that the others keep it";
  auto term = model_.raft(1).term();
  model_.run(milliseconds(400));
  EXPECT_EQ(model_.raft(1).role(), Role::follower);
  EXPECT_EQ(model_.raft(1).term(), term);
  model_.lost = [](const Message&) { return false; };
  model_.run(seconds(2));
  EXPECT_GT(model_.leader(), 1);
  EXPECT_TRUE(model_.propose(model_.leader(), "b"));
}

TEST_F(Members, ALeaderThatLeadsItselfOutIsFollowedByOneOfTheOthers) {
  model_.set_target(1, {2, 3});
  model_.run(seconds(2));
  EXPECT_TRUE(model_.leader() == 2 || model_.leader() == 3) << model_.status();
  EXPECT_EQ(model_.raft(model_.leader()).configuration(), (Configuration{Model::ids({2, 3}), {}, {}}));
  EXPECT_EQ(model_.raft(model_.leader()).commit(), 1);
}

}  // namespace
}  // namespace fulmar
