// A replica that receives hand-made messages of the others of its group.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/log/log_manager.h"
#include "broker/protocol/record_builder.h"
#include "broker/protocol/record_validation.h"
#include "broker/replication/replica_manager.h"
#include "sim/world.h"
#include "tests/replication/deaf_observer.h"

namespace fulmar {
namespace {

const GroupId group{{7, 7}, 0};
const ReplicaId self{1, {1, 1}};
const ReplicaId others[] = {{2, {2, 2}}, {3, {3, 3}}};

Bytes batch_at(Offset offset, int records, Epoch epoch) {
  std::vector<Record> list(static_cast<std::size_t>(records), Record{std::nullopt, "value", World::epoch_ms, {}});
  auto batch = build_batch(list, {.base_offset = offset});
  MutableBytes stamped(batch.size());
  std::copy(batch.data(), batch.data() + batch.size(), stamped.data());
  stamp_batch(stamped.data(), offset, epoch);
  return std::move(stamped).freeze();
}

// Calls `play` with one of three replicas, on a broker that reaches no other, and its log.
void with_replica(const LogConfig& config, ReplicaObserver* observer,
                  const std::function<void(Host&, Replica&, PartitionLog&)>& play) {
  World world(1, LogLevel::error);
  auto& node = world.add_node("broker");
  node.start(1, [&](Host& host) {
    Peers peers{self, [] { return "cluster"; }, [](std::int32_t) { return std::nullopt; }};
    ReplicaManager replicas(host, peers, {}, observer);
    LogManager logs(host, {});
    EXPECT_TRUE(replicas.open(1, {}));
    HardState fresh;
    fresh.configuration.configuration = {{self, others[0], others[1]}, {}, {}};
    auto log = logs.open("t-0", config, false).value();
    play(host, *replicas.add(group, log, fresh), *log);
    replicas.stop();
    return 0;
  });
  EXPECT_TRUE(world.run_until([&] { return !node.running(); }, world.now() + seconds(100)));
}

LogConfig page_cache() {
  LogConfig config;
  config.flush_messages = 1000;
  return config;
}

// The page cache may lose what a majority had, after deletions up to the middle of a batch: the leader's log begins
// there, and is empty.
TEST(Follower, CutsInTheMidstOfABatchWhereTheLeadersLogBegins) {
  with_replica(page_cache(), nullptr, [](Host&, Replica& replica, PartitionLog& log) {
    AppendRequest append;
    append.epochs = {{1, 0}};
    append.end = append.commit = append.log_end = 8;
    replica.receive({others[0], self, 1, append}, batch_at(0, 8, 1));
    EXPECT_EQ(log.log_end(), 8);

    append.epochs = {};
    append.prev_offset = append.end = append.commit = append.log_start = append.log_end = append.term_start = 3;
    append.prev_epoch = 1;
    replica.receive({others[1], self, 2, append}, {});
    EXPECT_EQ(log.log_start(), 3);
    EXPECT_EQ(log.log_end(), 3);

    append.epochs = {{2, 3}};
    append.end = append.commit = append.log_end = 5;
    replica.receive({others[1], self, 2, append}, batch_at(3, 2, 2));
    EXPECT_EQ(log.log_end(), 5);
    EXPECT_EQ(replica.high_watermark(), 5);
  });
}

// Impossible for a correct leader: its log begins before the batch in whose middle this log begins, and differs within
// that batch.
TEST(Follower, ThatCutsBelowWhereItsLogBeginsHasNothingAndIsInOrder) {
  with_replica({}, nullptr, [](Host& host, Replica& replica, PartitionLog& log) {
    AppendRequest append;
    append.epochs = {{1, 0}};
    append.end = append.log_end = 4;
    append.commit = append.log_start = 2;
    append.sent_at = host.clock().now();
    replica.receive({others[0], self, 1, append}, batch_at(0, 4, 1));
    ASSERT_TRUE(log.wait_stable(4, Deadline::never()));
    append.log_start = 2;
    replica.receive({others[0], self, 1, append}, batch_at(0, 4, 1));
    ASSERT_EQ(log.log_start(), 2);
    ASSERT_EQ(log.log_end(), 4);

    append.epochs = {{2, 3}};
    append.prev_offset = append.term_start = 3;
    append.prev_epoch = 1;
    append.end = append.log_end = 5;
    append.log_start = 0;
    replica.receive({others[1], self, 2, append}, batch_at(3, 2, 2));
    EXPECT_FALSE(replica.out_of_order());
    EXPECT_EQ(log.log_start(), 2);
    EXPECT_EQ(log.log_end(), 2);
    EXPECT_EQ(replica.high_watermark(), 2);
  });
}

// A fetched snapshot may reach beyond what the replica knows to be committed.
TEST(Follower, DropsNoMoreOfItsLogThanItKnowsToBeCommitted) {
  with_replica({}, nullptr, [](Host& host, Replica& replica, PartitionLog& log) {
    AppendRequest append;
    append.epochs = {{1, 0}};
    append.end = append.log_end = 4;
    append.commit = 2;
    append.sent_at = host.clock().now();
    replica.receive({others[0], self, 1, append}, batch_at(0, 4, 1));
    ASSERT_TRUE(log.wait_stable(4, Deadline::never()));
    ASSERT_TRUE(replica.advance_start(4));
    EXPECT_FALSE(replica.out_of_order());
    EXPECT_EQ(log.log_start(), 2);
    EXPECT_EQ(replica.high_watermark(), 2);
  });
}

struct SeesVerdicts final : DeafObserver {
  void sends(const GroupId&, const Message& message) override {
    if (const auto* reply = std::get_if<AppendReply>(&message.body)) said.push_back(reply->verdict);
  }
  std::vector<Verdict> said;
};

// The log of a page-cache topic may start over if the leader's ends before it begins; but not because of an append that
// was delayed, while records were deleted.
TEST(Follower, IsNotToldByALateAppendWhereTheLeadersLogEnds) {
  SeesVerdicts verdicts;
  with_replica(page_cache(), &verdicts, [&](Host&, Replica& replica, PartitionLog& log) {
    AppendRequest append;
    append.sent_at = Instant{} + seconds(2);
    append.epochs = {{1, 0}};
    append.end = append.commit = append.log_end = 8;
    append.term_start = 0;
    replica.receive({others[0], self, 1, append}, batch_at(0, 8, 1));
    replica.receive({others[0], self, 1, Heartbeat{8, 5, 0, append.sent_at, {}}}, {});
    EXPECT_EQ(log.log_start(), 5);

    AppendRequest late = append;
    late.sent_at = Instant{} + seconds(1);
    late.end = late.commit = late.log_end = 3;
    replica.receive({others[0], self, 1, late}, batch_at(0, 3, 1));
    EXPECT_EQ(log.log_end(), 8);
    EXPECT_THAT(verdicts.said, testing::Each(Verdict::matched));
  });
}

void lead_and_append(Replica& replica, int batches) {
  replica.campaign();
  replica.receive({others[0], self, replica.raft().term() + 1, VoteReply{true, true, 0}}, {});
  replica.receive({others[0], self, replica.raft().term(), VoteReply{false, true, 0}}, {});
  EXPECT_TRUE(replica.leads());
  for (int i = 0; i < batches; ++i) {
    auto batch = batch_at(0, 1, 0);
    EXPECT_TRUE(replica.append(*validate_produced(batch), batch).has_value());
  }
}

struct SeesAppends final : DeafObserver {
  void sends(const GroupId&, const Message& message) override {
    if (const auto* append = std::get_if<AppendRequest>(&message.body)) sent.push_back(*append);
  }
  std::vector<AppendRequest> sent;
};

TEST(Leader, SendsWhatLiesInManySmallSegmentsAtOnce) {
  LogConfig small;
  small.segment_bytes = 100;
  SeesAppends appends;
  with_replica(small, &appends, [&](Host&, Replica& replica, PartitionLog& log) {
    lead_and_append(replica, 30);
    EXPECT_GT(log.segment_count(), 20u);
    appends.sent.clear();
    replica.feed(others[1]);
    EXPECT_EQ(appends.sent.size(), 1u);
    EXPECT_EQ(appends.sent.back().prev_offset, 0);
    EXPECT_EQ(appends.sent.back().end, log.log_end());
  });
}

// Log starts that only retention has raised on the leader are not returned: as on Kafka, the low watermark is that of
// all replicas.
TEST(Leader, ADeletionTellsWhereAllLogsBegin) {
  with_replica(page_cache(), nullptr, [](Host& host, Replica& replica, PartitionLog& log) {
    lead_and_append(replica, 9);
    auto everybody_begins_at = [&](Offset start) {
      AppendReply reply{.match = log.log_end(), .log_end = log.log_end(), .log_start = start};
      reply.log_term = replica.raft().term();
      reply.sent_at = host.clock().now();
      for (const auto& other : others) replica.receive({other, self, replica.raft().term(), reply}, {});
    };
    everybody_begins_at(3);
    EXPECT_EQ(replica.high_watermark(), log.log_end());
    EXPECT_TRUE(replica.advance_start(7));
    auto early = replica.delete_records(2, host.clock().deadline_in(milliseconds(10)));
    ASSERT_FALSE(early.has_value()) << *early;
    EXPECT_EQ(early.error(), ErrorCode::request_timed_out);
    everybody_begins_at(7);
    EXPECT_EQ(replica.delete_records(2, host.clock().deadline_in(milliseconds(10))).value_or(-1), 7);
  });
}

}  // namespace
}  // namespace fulmar
