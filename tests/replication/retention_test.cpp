// Retention runs in the replica's turn, like every change of its log, and a replica that is held up holds up no other.
#include <gtest/gtest.h>

#include "broker/log/log_manager.h"
#include "broker/protocol/record_builder.h"
#include "broker/protocol/record_validation.h"
#include "broker/replication/replica_manager.h"
#include "sim/world.h"
#include "tests/replication/deaf_observer.h"

namespace fulmar {
namespace {

const ReplicaId self{1, {1, 1}};
const ReplicaId others[] = {{2, {2, 2}}, {3, {3, 3}}};
const GroupId led{{7, 7}, 1}, followed{{7, 7}, 0};  // in the order of groups the held up one is first
constexpr Timestamp long_ago_ms = World::epoch_ms - std::int64_t{30} * 24 * 3600 * 1000;

Bytes batch_of(Timestamp at, Offset offset = 0, Epoch epoch = 0) {
  auto batch = build_batch({{std::nullopt, "value", at, {}}}, {.base_offset = offset});
  MutableBytes stamped(batch.size());
  std::copy(batch.data(), batch.data() + batch.size(), stamped.data());
  stamp_batch(stamped.data(), offset, epoch);
  return std::move(stamped).freeze();
}

LogConfig a_segment_each() {
  LogConfig config;
  config.segment_bytes = 100;
  return config;
}

// A broker that reaches no other, with a partition of its own and one of three replicas.
struct Retention : testing::Test {
  World world{1, LogLevel::error};
  Node& node = world.add_node("broker");

  void play(ReplicaObserver* observer, const std::function<void(Host&, ReplicaManager&, LogManager&)>& body) {
    bool played = false;
    node.start(1, [&](Host& host) {
      Peers peers{self, [] { return "cluster"; }, [](std::int32_t) { return std::nullopt; }};
      ReplicaManager replicas(host, peers, {}, observer);
      LogManager logs(host, {.retention_check_interval = milliseconds(1)});
      EXPECT_TRUE(replicas.open(1, {}));
      HardState of_three;
      of_three.configuration.configuration = {{self, others[0], others[1]}, {}, {}};
      replicas.add(followed, logs.open("t-0", a_segment_each(), false).value(), of_three);
      replicas.add(led, logs.open("t-1", a_segment_each(), false).value(), alone_at_birth(self));
      body(host, replicas, logs);
      replicas.begin_stop();
      replicas.stop();
      played = true;
      return 0;
    });
    EXPECT_TRUE(world.run_until([&] { return !node.running(); }, world.now() + seconds(100)));
    EXPECT_TRUE(played);
  }
  // Eight old batches and a new one, each in a segment of its own.
  static void fill(Replica& leader) {
    for (int i = 0; i < 9; ++i) {
      auto batch = batch_of(i < 8 ? long_ago_ms : World::epoch_ms);
      auto proposed = leader.append(*validate_produced(batch), batch);
      ASSERT_TRUE(proposed);
      ASSERT_EQ(leader.wait_until(Safety::committed, *proposed, Deadline::never()), ErrorCode::none);
    }
  }
  // The same for a follower, whose leader has deleted the first five; their segments are still there.
  static void fill_follower(Host& host, Replica& follower) {
    const auto now = host.clock().now();
    for (Offset offset = 0; offset < 8; ++offset) {
      AppendRequest append;
      append.prev_offset = offset;
      append.prev_epoch = offset > 0 ? 1 : -1;
      append.epochs = {{1, offset > 0 ? offset : 0}};
      append.end = append.commit = append.log_end = offset + 1;
      append.term_start = 0;
      append.sent_at = now;
      follower.receive({others[0], self, 1, append}, batch_of(long_ago_ms, offset, 1));
    }
    host.clock().sleep_for(milliseconds(100));  // until everything is synced
    follower.receive({others[0], self, 1, Heartbeat{8, 5, 0, now, {}}}, {});
    ASSERT_EQ(follower.log().log_end(), 8);
    ASSERT_EQ(follower.log().log_start(), 5);
    ASSERT_EQ(follower.log().held_from(), 0);
  }
};

struct SeesVotes final : DeafObserver {
  void sends(const GroupId&, const Message& message) override {
    if (std::holds_alternative<VoteReply>(message.body)) voted = true;
  }
  bool voted = false;
};

// A replica that waits for room to store its hard state keeps its turn, and its log unchanged; the others' retention
// continues, and makes room.
TEST_F(Retention, OfOneReplicaMakesTheRoomThatAnotherWaitsForInItsTurn) {
  SeesVotes votes;
  play(&votes, [&](Host& host, ReplicaManager& replicas, LogManager& logs) {
    auto leader = replicas.find(led), follower = replicas.find(followed);
    fill(*leader);
    fill_follower(host, *follower);
    auto leave_room_for = [&](std::uint64_t bytes) {
      auto faults = node.disk().faults();
      faults.capacity_bytes = node.disk().image().used_bytes() + bytes;
      node.disk().set_faults(faults);
    };
    host.clock().sleep_for(seconds(1));  // it receives nothing from its leader
    leave_room_for(0);
    FiberGroup voting;
    voting.spawn("asked for a vote",
                 [&] { follower->receive({others[1], self, 9, VoteRequest{.log_end = 100, .log_term = 8}}, {}); });
    replicas.begin_retention(logs.context().limits);
    host.clock().sleep_for(seconds(2));
    ASSERT_FALSE(votes.voted);
    ASSERT_EQ(leader->log().log_start(), 0);

    const auto until = host.clock().now() + seconds(2);
    auto wait_for = [&](const auto& holds, const auto& meanwhile) {
      while (!holds() && host.clock().now() < until) {
        meanwhile();
        host.clock().sleep_for(milliseconds(1));
      }
      EXPECT_TRUE(holds());
    };
    // Enough for a checkpoint of a log, but not for a vote.
    wait_for([&] { return leader->log().log_start() == 8; }, [&] { leave_room_for(30); });
    wait_for([&] { return votes.voted; },
             [&] { EXPECT_EQ(follower->log().held_from(), 0) << "its log has changed in the midst of its turn"; });
    host.clock().sleep_for(seconds(1));
    EXPECT_EQ(follower->log().held_from(), 5);
    EXPECT_EQ(follower->log().log_start(), 5) << "what has expired is the leader's to say";
    std::size_t segments = 0;
    const auto files = host.disk().list("t-0").value();
    for (const auto& entry : files) segments += entry.name.ends_with(".log") ? 1 : 0;
    EXPECT_EQ(segments, follower->log().segment_count());
  });
}

// Only committed records expire: not what only the leader has appended.
TEST_F(Retention, OfALeaderTakesOnlyWhatIsCommitted) {
  play(nullptr, [&](Host& host, ReplicaManager& replicas, LogManager&) {
    auto replica = replicas.find(followed);
    replica->campaign();
    replica->receive({others[0], self, replica->raft().term() + 1, VoteReply{true, true, 0}}, {});
    replica->receive({others[0], self, replica->raft().term(), VoteReply{false, true, 0}}, {});
    ASSERT_TRUE(replica->leads());
    for (int i = 0; i < 4; ++i) {
      auto batch = batch_of(long_ago_ms);
      ASSERT_TRUE(replica->append(*validate_produced(batch), batch));
    }
    host.clock().sleep_for(milliseconds(50));
    ASSERT_EQ(replica->log().stable_end(), 4);
    ASSERT_TRUE(replica->apply_retention(World::epoch_ms, Instant{}));
    EXPECT_EQ(replica->log().log_start(), 0);
    AppendReply reply{.match = 3, .log_end = 3, .log_start = 0};
    reply.log_term = replica->raft().term();
    reply.sent_at = host.clock().now();
    replica->receive({others[0], self, replica->raft().term(), reply}, {});
    ASSERT_EQ(replica->high_watermark(), 3);
    ASSERT_TRUE(replica->apply_retention(World::epoch_ms, Instant{}));
    EXPECT_EQ(replica->log().log_start(), 3);
  });
}

// Listeners find the replica between two turns, and may take one.
TEST_F(Retention, ItsListenersAreToldAfterTheTurn) {
  play(nullptr, [&](Host&, ReplicaManager& replicas, LogManager&) {
    auto leader = replicas.find(led);
    fill(*leader);
    int told = 0;
    auto listening = leader->listeners().add([&] {
      if (++told == 1) leader->tick();
    });
    ASSERT_TRUE(leader->apply_retention(World::epoch_ms, Instant{}));
    EXPECT_EQ(leader->log().log_start(), 8);
    EXPECT_EQ(told, 1);
  });
}

}  // namespace
}  // namespace fulmar
