#include "broker/replication/raft_frame.h"

#include <gtest/gtest.h>

#include "broker/protocol/record_builder.h"

namespace fulmar {
namespace {

const ReplicaId leader{1, {1, 1}};
const ReplicaId follower{2, {2, 2}};

std::string batch_at(Offset base, int records, Epoch epoch) {
  auto bytes = std::string(build_batch(std::vector<Record>(static_cast<std::size_t>(records), Record{})).view());
  stamp_batch(bytes.data(), base, epoch);
  return bytes;
}

// The messages that arrive for an append of epoch 3 from `prev` to `end`.
Result<std::vector<GroupMessage>> sent(Offset prev, Offset end, const std::string& batches,
                                       std::vector<EpochCache::Entry> epochs = {}) {
  AppendRequest append;
  append.prev_offset = prev;
  append.prev_epoch = 3;
  append.epochs = epochs.empty() ? std::vector<EpochCache::Entry>{{3, prev}} : std::move(epochs);
  append.end = end;
  append.term_start = append.epochs.back().start_offset;
  std::vector<GroupMessage> messages;
  messages.push_back({{{7, 7}, 0}, {leader, follower, append.epochs.back().epoch, append}, Bytes::copy_of(batches)});
  return from_wire(to_wire(std::move(messages), 0), leader.broker, follower.broker);
}

TEST(RaftFrame, AnAppendArrivesAsItWasSent) {
  auto batches = batch_at(10, 2, 3) + batch_at(12, 1, 3);
  auto arrived = sent(10, 13, batches);
  ASSERT_TRUE(arrived.has_value()) << to_string(arrived.error());
  ASSERT_EQ(arrived->size(), 1u);
  const auto& message = arrived->front().message;
  EXPECT_EQ(message.from, leader);
  EXPECT_EQ(message.term, 3);
  EXPECT_EQ(std::get<AppendRequest>(message.body).end, 13);
  EXPECT_EQ(arrived->front().batches.view(), batches);
}

TEST(RaftFrame, ItsFirstBatchMayReachBackAndNoOther) {
  EXPECT_TRUE(sent(10, 12, batch_at(8, 4, 3)).has_value()) << "an empty log may begin in the midst of a batch";
  EXPECT_FALSE(sent(10, 10, batch_at(8, 2, 3)).has_value()) << "it has nothing of what is asked for";
  EXPECT_FALSE(sent(10, 13, batch_at(10, 2, 3) + batch_at(11, 2, 3)).has_value());
}

TEST(RaftFrame, AnAppendCarriesWhatItSays) {
  EXPECT_FALSE(sent(10, 11, batch_at(10, 2, 3)).has_value());
  EXPECT_FALSE(sent(10, 12, batch_at(10, 2, 4)).has_value());
  EXPECT_FALSE(sent(10, 12, batch_at(10, 2, 3).substr(0, 70)).has_value());
}

// If the leader's log has holes, so has the append; also epochs whose batches are all removed.
TEST(RaftFrame, AnAppendMayHaveHolesAndNothingThatOverlaps) {
  EXPECT_TRUE(sent(10, 14, batch_at(10, 2, 3)).has_value()) << "up to where the hole ends";
  EXPECT_TRUE(sent(10, 14, "").has_value());
  EXPECT_TRUE(sent(10, 20, batch_at(12, 2, 3) + batch_at(18, 2, 5), {{3, 10}, {4, 14}, {5, 16}}).has_value());
  EXPECT_FALSE(sent(10, 20, batch_at(12, 2, 3) + batch_at(18, 2, 5), {{3, 10}, {5, 13}}).has_value())
      << "in two epochs";
  EXPECT_FALSE(sent(10, 20, batch_at(12, 2, 3) + batch_at(18, 2, 5), {{3, 10}, {5, 19}}).has_value());
  EXPECT_FALSE(sent(10, 20, batch_at(12, 2, 3), {{3, 10}, {2, 14}}).has_value());
  EXPECT_FALSE(sent(10, 20, batch_at(12, 2, 3), {{3, 10}, {4, 20}}).has_value()) << "begins behind the end";
  EXPECT_FALSE(sent(10, 20, batch_at(12, 2, 3), {{3, 11}}).has_value());
  EXPECT_FALSE(sent(10, 20, batch_at(12, 4, 3) + batch_at(15, 2, 3)).has_value());
  EXPECT_FALSE(sent(10, Offset{1} << 50, batch_at(12, 2, 3)).has_value()) << "more than anybody removes at once";
}

bool arrives(Epoch term, decltype(Message::body) body, std::int32_t partition = 0) {
  std::vector<GroupMessage> messages;
  messages.push_back({{{7, 7}, partition}, {leader, follower, term, std::move(body)}, {}});
  return from_wire(to_wire(std::move(messages), 0), leader.broker, follower.broker).has_value();
}

// The core asserts nothing about peers' messages: its assumptions are checked here.
TEST(RaftFrame, WhatNoReplicaSaysDoesNotArrive) {
  const MarkedConfiguration fine{{1, 3}, {{leader, follower}, {}, {}}};
  auto start_over = [](Offset offset, Epoch epoch, const MarkedConfiguration& configuration) {
    return StartOver{offset, epoch, configuration, 0, {}};
  };
  EXPECT_TRUE(arrives(3, Heartbeat{}));
  EXPECT_TRUE(arrives(-1, VoteReply{}));
  EXPECT_TRUE(arrives(3, start_over(4, 2, fine)));
  EXPECT_FALSE(arrives(-1, Heartbeat{})) << "nobody leads in no term";
  EXPECT_FALSE(arrives(-5, VoteReply{}));
  EXPECT_FALSE(arrives(2'000'000'000, Heartbeat{}));
  EXPECT_FALSE(arrives(3, Heartbeat{}, -1));
  EXPECT_FALSE(arrives(3, VoteReply{false, false, -1}));
  EXPECT_FALSE(arrives(3, start_over(-4, 2, fine)));
  EXPECT_FALSE(arrives(3, start_over(4, 9, fine))) << "of a later term";
  for (const Configuration& bad : {Configuration{}, Configuration{{}, {leader}, {}},
                                   Configuration{{leader, leader}, {}, {}}, Configuration{{leader}, {}, {leader}}}) {
    EXPECT_FALSE(arrives(3, start_over(4, 2, {{1, 3}, bad}))) << to_string(bad);
    AppendRequest append;
    append.configuration = {{1, 3}, bad};
    EXPECT_FALSE(arrives(3, append)) << to_string(bad);
    EXPECT_FALSE(arrives(3, Heartbeat{0, 0, 0, {}, {}, append.configuration})) << to_string(bad);
    EXPECT_FALSE(arrives(3, VoteReply{false, false, 0, append.configuration})) << to_string(bad);
  }
  EXPECT_FALSE(sent(10, 13, batch_at(10, 1, 3) + batch_at(11, 1, 2) + batch_at(12, 1, 3))) << "epochs that go back";
  EXPECT_FALSE(sent(10, 11, batch_at(10, 1, 4))) << "of a later term than its own";
  EXPECT_FALSE(sent(Offset{1} << 62, (Offset{1} << 62) + 1, batch_at(Offset{1} << 62, 1, 3)));
}

}  // namespace
}  // namespace fulmar
