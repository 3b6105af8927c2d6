// When a new log start counts as kept: no later leader begins lower, and no follower that is in touch with its leader
// answers with a lower start.
#include <gtest/gtest.h>

#include "tests/raft/model.h"

namespace fulmar {
namespace {

struct Deletion : testing::Test {
  Deletion() {
    model.make_group({1, 2, 3});
    model.campaign(1);
    model.deliver_all();
    for (int i = 0; i < 10; ++i) model.propose(1, "x");
    model.run(seconds(1));
  }
  void delete_up_to_start() {
    model.advance_log_start(1, start);
    model.raft(1).start_moved(model.now());
    model.settle(1);
  }
  Offset start_kept() { return model.raft(1).start_kept(model.now()); }

  Model model{1, RaftSettings{}};
  Offset start = 5;
};

TEST_F(Deletion, IsKeptOnceEverybodyHasIt) {
  delete_up_to_start();
  EXPECT_LT(start_kept(), start);
  EXPECT_TRUE(model.raft(2).begins_as_told()) << "it was told nothing yet";
  model.run(milliseconds(300));
  EXPECT_EQ(start_kept(), start);
  for (int broker : {2, 3}) {
    EXPECT_EQ(model.at(broker).log.start(), start);
    EXPECT_TRUE(model.raft(broker).begins_as_told());
  }
}

TEST_F(Deletion, WaitsForAFollowerThatIsSlowThoughAMajorityHasIt) {
  std::vector<Parcel> late;
  auto hold = [&] {
    std::erase_if(model.parcels, [&](const Parcel& parcel) {
      bool held = parcel.message.to == Model::id(3) && parcel.message.from == Model::id(1);
      if (held) late.push_back(parcel);
      return held;
    });
  };
  delete_up_to_start();
  for (int i = 0; i < 300; ++i) {
    model.pass(milliseconds(1));
    hold();
    model.deliver_all();
  }
  EXPECT_EQ(model.at(2).log.start(), start);
  EXPECT_LT(start_kept(), start) << "one that answered a moment ago may still serve what is deleted";
  ASSERT_FALSE(late.empty());
  model.parcels = late;
  model.run(milliseconds(300));
  EXPECT_EQ(start_kept(), start);
  EXPECT_EQ(model.at(3).log.start(), start);
}

TEST_F(Deletion, DoesNotWaitForAFollowerThatIsGone) {
  model.crash(3, false);
  delete_up_to_start();
  model.run(milliseconds(500));
  EXPECT_LT(start_kept(), start);
  model.run(milliseconds(700));
  EXPECT_EQ(start_kept(), start);
}

// The follower serves from when it learns that its damage is repaired; the leader learns that from its reply only.
TEST_F(Deletion, WaitsForAFollowerThatWasToldItsDamageIsMadeGood) {
  model.crash(3, false);
  model.restart(3, 77);
  model.lost = [](const Message& message) {
    const auto* reply = std::get_if<HeartbeatReply>(&message.body);
    return reply && message.from == Model::id(3) && reply->damage == 0;
  };
  for (int i = 0; i < 1000 && model.stored(3).damage != 0; ++i) model.run(milliseconds(1));
  ASSERT_EQ(model.stored(3).damage, 0U);
  ASSERT_TRUE(model.raft(3).begins_as_told()) << "it serves";
  model.lost = [](const Message& message) { return message.to == Model::id(3) || message.from == Model::id(3); };
  delete_up_to_start();
  model.run(milliseconds(300));
  ASSERT_EQ(model.at(2).log.start(), start);
  ASSERT_LT(model.at(3).log.start(), start);
  EXPECT_LT(start_kept(), start) << "it still serves what is deleted";
  model.lost = [](const Message&) { return false; };
  model.run(milliseconds(300));
  EXPECT_EQ(start_kept(), start);
  EXPECT_EQ(model.at(3).log.start(), start);
}

// The same for a follower that is temporarily no member: a reply from before it was told arrives late.
TEST_F(Deletion, WaitsForAFollowerThatWasToldBeforeItWasNoMemberForAMoment) {
  std::optional<Message> damaged;
  model.crash(3, false);
  model.restart(3, 77);
  model.lost = [&](const Message& message) {
    const auto* reply = std::get_if<AppendReply>(&message.body);
    if (reply && message.from == Model::id(3) && reply->damage == 77) damaged = message;
    return false;
  };
  for (int i = 0; i < 1000 && model.stored(3).damage != 0; ++i) model.run(milliseconds(1));
  ASSERT_EQ(model.stored(3).damage, 0U);
  ASSERT_TRUE(damaged);
  model.lost = [](const Message& message) { return message.to == Model::id(3) || message.from == Model::id(3); };
  model.set_target(1, {1, 2});
  model.run(milliseconds(200));
  model.set_target(1, {1, 2}, {3});
  model.run(milliseconds(100));
  model.parcels.push_back({*damaged, {}});
  model.deliver_all();
  delete_up_to_start();
  model.run(milliseconds(300));
  ASSERT_EQ(model.at(2).log.start(), start);
  EXPECT_LT(start_kept(), start) << "it may still serve what is deleted";
}

// Its disk had stored its log start, and lost it.
TEST_F(Deletion, IsNotKeptByWhoHasLostIt) {
  const auto before = model.at(3).log;
  model.lost = [](const Message& message) { return message.to == Model::id(2) || message.from == Model::id(2); };
  delete_up_to_start();
  model.run(seconds(2));
  ASSERT_EQ(start_kept(), start);
  model.crash(3, false);
  model.at(3).log = before;
  model.restart(3, 77);
  bool heard = false;
  for (int i = 0; i < 1000 && !heard; ++i) {
    model.pass(milliseconds(1));
    while (!model.parcels.empty() && !heard) {
      const auto* reply = std::get_if<HeartbeatReply>(&model.parcels.front().message.body);
      heard = reply && reply->damage == 77 && reply->log_start < start;
      model.deliver_one(0);
    }
  }
  ASSERT_TRUE(heard);
  EXPECT_LT(start_kept(), start);
  model.run(seconds(1));
  EXPECT_EQ(start_kept(), start);
}

// Until it is told so, it serves nobody.
TEST_F(Deletion, DoesNotWaitForAFollowerThatIsDamaged) {
  model.crash(3, false);
  model.restart(3, 77);
  bool heard = false;
  model.lost = [&](const Message& message) {
    if (const auto* reply = std::get_if<HeartbeatReply>(&message.body))
      heard |= message.from == Model::id(3) && reply->damage == 77;
    // Its log is never repaired.
    return message.to == Model::id(3) && std::holds_alternative<AppendRequest>(message.body);
  };
  for (int i = 0; i < 1000 && !heard; ++i) model.run(milliseconds(1));
  ASSERT_TRUE(heard);
  model.lost = [](const Message& message) { return message.to == Model::id(3); };
  delete_up_to_start();
  model.run(milliseconds(300));
  EXPECT_EQ(start_kept(), start);
}

TEST_F(Deletion, IsKnownToWhoFollowsTheNextLeader) {
  model.lost = [](const Message& message) { return message.to == Model::id(3) || message.from == Model::id(3); };
  model.run(seconds(1));
  delete_up_to_start();
  model.run(seconds(2));
  ASSERT_EQ(start_kept(), start);
  ASSERT_FALSE(model.raft(3).begins_as_told()) << "it has no leader";
  model.crash(1, false);
  model.lost = [](const Message&) { return false; };
  model.run(seconds(3));
  ASSERT_NE(model.leader(), -1);
  for (int broker : {2, 3}) EXPECT_EQ(model.at(broker).log.start(), start);
}

}  // namespace
}  // namespace fulmar
