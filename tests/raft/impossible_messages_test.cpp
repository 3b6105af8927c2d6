// Messages that no correct replica sends: they stop no replica, and no data is lost.
#include <gtest/gtest.h>

#include "tests/raft/model.h"

namespace fulmar {
namespace {

constexpr Epoch term_max = (1 << 30) - 1;

class ImpossibleMessages : public testing::Test {
 protected:
  ImpossibleMessages() {
    model_.make_group({1, 2, 3});
    model_.campaign(1);
    model_.deliver_all();
    for (const auto* value : {"a", "b", "c"}) model_.propose(1, value);
    model_.run(milliseconds(300));
  }
  void tell(int from, int to, Epoch term, decltype(Message::body) body) {
    model_.raft(to).receive({Model::id(from), Model::id(to), term, std::move(body)}, model_.now());
    model_.settle(to);
  }

  Model model_;
};

TEST_F(ImpossibleMessages, OfASecondLeaderOfTheTermAreNotHeard) {
  tell(2, 1, 0, Heartbeat{});
  EXPECT_EQ(model_.leader(), 1);
  AppendRequest append;
  append.log_end = 3;
  tell(2, 3, 0, append);
  EXPECT_EQ(model_.raft(3).leader(), Model::id(1));
}

TEST_F(ImpossibleMessages, DoNotCutWhatIsCommitted) {
  ASSERT_EQ(model_.raft(3).commit(), 3);
  AppendRequest other;  // another epoch for what is committed
  other.prev_offset = 1;
  other.prev_epoch = 0;
  other.epochs = {{5, 1}};
  other.end = other.log_end = 2;
  tell(2, 3, 5, other);
  EXPECT_EQ(model_.at(3).log.end(), 3);
  AppendRequest shorter;  // a leader whose log ends before
  shorter.prev_epoch = -1;
  shorter.log_end = 1;
  tell(2, 3, 5, shorter);
  EXPECT_EQ(model_.at(3).log.end(), 3);
}

// A replica that grants a pre-vote has no later configuration; and the term of the reply has not begun.
TEST_F(ImpossibleMessages, DoNotTellOfAConfigurationWithAYes) {
  auto known = model_.stored(3).configuration;
  MarkedConfiguration later{{5, 1}, {Model::ids({2, 3}), {}, {}}};
  tell(2, 3, 5, VoteReply{true, true, 0, later});
  EXPECT_EQ(model_.stored(3).configuration, known);
  model_.lost = [](const Message&) { return true; };
  model_.campaign(3);
  ASSERT_EQ(model_.raft(3).role(), Role::pre_candidate);
  tell(2, 3, 1, VoteReply{true, true, 0, later});
  EXPECT_EQ(model_.stored(3).configuration, known);
  EXPECT_EQ(model_.raft(3).role(), Role::candidate) << "it is a yes all the same";
}

TEST_F(ImpossibleMessages, TellOfNoConfigurationThatCanNotBe) {
  auto known = model_.stored(3).configuration;
  for (const Configuration& none : {Configuration{}, Configuration{Model::ids({2, 1}), {}, {}},
                                    Configuration{Model::ids({1, 2, 3}), {}, Model::ids({2})}}) {
    Heartbeat heartbeat;
    heartbeat.configuration = MarkedConfiguration{{0, 7}, none};
    tell(1, 3, 0, heartbeat);
    EXPECT_EQ(model_.stored(3).configuration, known);
  }
}

TEST_F(ImpossibleMessages, OfBatchesOfALaterTermAreNotHeard) {
  AppendRequest append;
  append.prev_offset = 3;
  append.prev_epoch = 0;
  append.epochs = {{5, 3}};
  append.end = append.log_end = 4;
  tell(1, 3, 0, append);
  EXPECT_EQ(model_.at(3).log.end(), 3);
  tell(1, 3, 0, StartOver{9, 5, model_.stored(3).configuration, 9, {}});
  EXPECT_EQ(model_.at(3).log.end(), 3);
}

TEST_F(ImpossibleMessages, FromTheFutureMakeNoLease) {
  auto until = model_.raft(1).lease_until();
  tell(2, 1, 0, HeartbeatReply{3, 0, Instant::max(), {}, 0});
  AppendReply late;
  late.match = 3;
  late.sent_at = Instant::max();
  tell(3, 1, 0, late);
  EXPECT_EQ(model_.raft(1).lease_until().ns, until.ns);
}

TEST_F(ImpossibleMessages, OfOthersThanTheLeaderHaveNobodyStand) {
  tell(2, 3, 0, TimeoutNow{3});
  EXPECT_EQ(model_.raft(3).role(), Role::follower);
  EXPECT_EQ(model_.raft(3).term(), 0);
}

// They would raise the group's term to one below the largest, for good.
TEST_F(ImpossibleMessages, OfAFarTermAreNotBelievedOfOneAlone) {
  for (int to : {1, 3})
    for (int turn = 0; turn < 2; ++turn) tell(2, to, term_max, Heartbeat{});
  model_.run(seconds(2));
  EXPECT_EQ(model_.raft(1).term(), 0);
  EXPECT_EQ(model_.leader(), 1);
  ASSERT_TRUE(model_.propose(1, "d"));
  model_.run(milliseconds(300));
  EXPECT_EQ(model_.raft(1).commit(), 4);
  // The others vouch only for the terms that they send.
  tell(3, 1, 3'000'000, VoteReply{});
  EXPECT_EQ(model_.raft(1).term(), 3'000'000);
  tell(2, 1, term_max, VoteReply{});
  EXPECT_EQ(model_.raft(1).term(), 3'000'000);
}

TEST_F(ImpossibleMessages, AFarTermIsBelievedOfAMajority) {
  for (int broker : {1, 2, 3}) model_.crash(broker, false);
  for (int broker : {1, 2}) {
    model_.at(broker).disk.term = 5'000'000;
    model_.at(broker).disk.vote.reset();
    model_.restart(broker);
  }
  model_.run(seconds(3));
  auto leader = model_.leader();
  ASSERT_NE(leader, -1);
  ASSERT_TRUE(model_.propose(leader, "d"));
  // It was down for five million elections.
  model_.restart(3);
  model_.run(seconds(5));
  EXPECT_GT(model_.raft(3).term(), 5'000'000 - 1);
  EXPECT_EQ(model_.raft(3).leader(), Model::id(leader));
  EXPECT_EQ(model_.raft(3).commit(), model_.raft(leader).commit());
}

}  // namespace
}  // namespace fulmar
