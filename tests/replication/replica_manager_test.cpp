#include "broker/replication/replica_manager.h"

#include <gtest/gtest.h>

#include "broker/log/log_manager.h"
#include "broker/protocol/record_builder.h"
#include "broker/protocol/record_validation.h"
#include "runtime/fiber/event.h"
#include "sim/world.h"
#include "tests/replication/deaf_observer.h"
#include "tests/replication/peers_kit.h"

namespace fulmar {
namespace {

const GroupId group{{7, 7}, 0};

struct CountsVoteRequests : DeafObserver {
  void sends(const GroupId&, const Message& message) override {
    asked += std::holds_alternative<VoteRequest>(message.body);
  }
  int asked = 0;
};

const ReplicaId peer{9, {9, 1}};

HardState of_two(const ReplicaId& self) {
  HardState fresh;
  fresh.configuration.configuration = {{self, peer}, {}, {}};
  return fresh;
}

// The test lets the other replica vote for it; that one has no records yet.
std::shared_ptr<Replica> add_leader(ReplicaManager& replicas, LogManager& logs, const GroupId& id,
                                    const ReplicaId& self) {
  auto log = logs.open("t-" + std::to_string(id.partition), {}, false).value();
  auto replica = replicas.add(id, log, of_two(self));
  replica->campaign();
  replica->receive({peer, self, replica->raft().term() + 1, VoteReply{true, true, 0}}, {});
  replica->receive({peer, self, replica->raft().term(), VoteReply{false, true, 0}}, {});
  EXPECT_TRUE(replica->leads());
  return replica;
}

// One of two voters, which never reaches the other: it can only stand for election, again and again.
TEST(ReplicaManager, AReplicaThatIsAddedAgainIsTickedAgain) {
  World world(1, LogLevel::error);
  auto& node = world.add_node("broker");
  CountsVoteRequests votes;
  node.start(1, [&](Host& host) {
    Peers peers{{1, {1, 1}}, [] { return "cluster"; }, [](std::int32_t) { return std::nullopt; }};
    ReplicaManager replicas(host, peers, {}, &votes);
    LogManager logs(host, {});
    EXPECT_TRUE(replicas.open(1, {}));
    HardState fresh;
    fresh.configuration.configuration = {{{1, {1, 1}}, {2, {2, 2}}}, {}, {}};
    for (int life = 0; life < 3; ++life) {
      auto before = votes.asked;
      auto log = logs.open("t-0", {}, false).value();
      replicas.add(group, log, fresh);
      host.clock().sleep_for(seconds(10));  // some elections
      EXPECT_GT(votes.asked, before + 2) << "life " << life;
      log->abandon();
      replicas.close(group);
      logs.release("t-0");
    }
    replicas.stop();
    return 0;
  });
  EXPECT_TRUE(world.run_until([&] { return !node.running(); }, world.now() + seconds(100)));
}

// A change of the held group's replica does not end its turn.
struct HoldsTurns final : CountsVoteRequests {
  void stepped(const ReplicaSight& sight) override {
    if (sight.group != held) return;
    is_held = true;
    let_go.wait();
  }
  std::optional<GroupId> held;
  bool is_held = false;
  Event let_go;
};

// A leader that nobody answers resigns in its tick, and is held up there.
TEST(ReplicaManager, AReplicaThatIsHeldUpInItsTickHoldsUpNoOthersTicks) {
  World world(1, LogLevel::error);
  auto& node = world.add_node("broker");
  HoldsTurns observer;
  bool played = false;
  node.start(1, [&](Host& host) {
    Peers peers{{1, {1, 1}}, [] { return "cluster"; }, [](std::int32_t) { return std::nullopt; }};
    ReplicaManager replicas(host, peers, {}, &observer);
    LogManager logs(host, {});
    EXPECT_TRUE(replicas.open(1, {}));
    auto leader = add_leader(replicas, logs, group, peers.self);
    observer.held = group;
    host.clock().sleep_for(seconds(3));
    EXPECT_TRUE(observer.is_held);
    EXPECT_FALSE(leader->leads());
    replicas.add({group.topic, 1}, logs.open("t-1", {}, false).value(), of_two(peers.self));
    auto before = observer.asked;
    host.clock().sleep_for(seconds(10));
    EXPECT_GT(observer.asked, before + 2) << "the other one stands for election, again and again";
    EXPECT_LT(host.clock().now() - replicas.leads_as_of(), RaftSettings{}.heartbeat_interval);
    observer.held.reset();
    observer.let_go.set();
    host.clock().sleep_for(milliseconds(1));
    replicas.stop();
    played = true;
    return 0;
  });
  EXPECT_TRUE(world.run_until([&] { return !node.running(); }, world.now() + seconds(100)));
  EXPECT_TRUE(played);
}

// As the cleaner's turns do, which follow each other without a gap.
TEST(ReplicaManager, TurnsWithoutAGapDoNotKeepTicksAway) {
  World world(1, LogLevel::error);
  auto& node = world.add_node("broker");
  node.disk().set_faults({.slow_factor = 100});
  bool played = false;
  node.start(1, [&](Host& host) {
    auto peers = peers_of(1);
    ReplicaManager replicas(host, peers, {});
    LogManager logs(host, {});
    EXPECT_TRUE(replicas.open(1, {}));
    auto leader = add_leader(replicas, logs, group, peers.self);
    const auto batch = build_batch({{std::nullopt, "value", World::epoch_ms, {}}}, {});
    auto until = host.clock().now() + seconds(2);
    int turns = 0;
    for (; leader->leads() && host.clock().now() < until; ++turns)
      (void)leader->append(*validate_produced(batch), batch);
    EXPECT_GT(turns, 10);
    EXPECT_FALSE(leader->leads()) << "nobody has answered it";
    replicas.stop();
    played = true;
    return 0;
  });
  EXPECT_TRUE(world.run_until([&] { return !node.running(); }, world.now() + seconds(100)));
  EXPECT_TRUE(played);
}

// Neither when it should send an append, nor when the connection is lost.
TEST(ReplicaManager, AReplicaThatIsHeldUpInItsTurnHoldsUpNoOthersAppends) {
  World world(1, LogLevel::error);
  auto& hearer = world.add_node("hearer");
  auto& teller = world.add_node("teller");
  const GroupId other{group.topic, 1};
  std::map<GroupId, Offset> heard;  // the end of the appends that were sent
  hearer.start(1, [&](Host& host) {
    PeerServer::Handlers handlers;
    handlers.deliver = [&](std::vector<GroupMessage> messages) {
      for (const auto& said : messages)
        if (const auto* append = std::get_if<AppendRequest>(&said.message.body)) heard[said.group] = append->end;
    };
    return serve_peers(host, peers_of(9), std::move(handlers));
  });
  bool played = false;
  teller.start(1, [&](Host& host) {
    HoldsTurns observer;
    auto peers = peers_of(2);
    RaftSettings settings;
    settings.election_timeout = seconds(60);
    ReplicaManager replicas(host, peers, settings, &observer);
    LogManager logs(host, {});
    EXPECT_TRUE(replicas.open(1, {}));
    auto append = [](Replica& leader) {
      auto batch = build_batch({{std::nullopt, "value", World::epoch_ms, {}}}, {});
      EXPECT_TRUE(leader.append(*validate_produced(batch), batch));
    };
    auto held = add_leader(replicas, logs, group, peers.self), free = add_leader(replicas, logs, other, peers.self);
    host.clock().sleep_for(milliseconds(100));  // both have asked where the logs agree, and got the answer: nothing
    for (const auto& replica : {held, free}) {
      AppendReply reply;
      reply.sent_at = host.clock().now();
      replica->receive({peer, peers.self, replica->raft().term(), reply}, {});
    }
    observer.held = group;
    FiberGroup holding;
    holding.spawn("append", [&] { append(*held); });
    host.clock().sleep_for(milliseconds(100));
    replicas.wants_feeding(*held, peer, false);
    append(*free);
    host.clock().sleep_for(milliseconds(200));
    EXPECT_EQ(heard[other], 1);
    heard.clear();
    world.network().reset_connections(0, 0);
    host.clock().sleep_for(seconds(1));
    EXPECT_EQ(heard[other], 1) << "it may be lost, and is sent again";
    EXPECT_EQ(heard[group], 0);
    observer.held.reset();
    observer.let_go.set();
    host.clock().sleep_for(seconds(1));
    EXPECT_EQ(heard[group], 1);
    replicas.stop();
    played = true;
    return 0;
  });
  EXPECT_TRUE(world.run_until([&] { return !teller.running(); }, world.now() + seconds(100)));
  EXPECT_TRUE(played);
  hearer.request_stop();
  EXPECT_TRUE(world.run_until([&] { return !hearer.running(); }, world.now() + seconds(10)));
}

// Damage destroyed the states of unknown groups: the groups that existed do not vote, in later lives either; new groups
// do.
TEST(ReplicaManager, AGroupThatDamageTookAlongHasNoVoteUntilItIsMadeAnew) {
  World world(1, LogLevel::error);
  auto& node = world.add_node("broker");
  const GroupId other{{7, 7}, 1}, later{{8, 8}, 0};
  HardState fresh;
  fresh.configuration.configuration = {{{1, {1, 1}}, {2, {2, 2}}}, {}, {}};
  auto live = [&](const std::function<void(ReplicaManager&, LogManager&, const StoredStates&)>& body) {
    node.start(1, [&](Host& host) {
      auto stored = HardStateStore::load(host.disk()).value();
      Peers peers{{1, {1, 1}}, [] { return "cluster"; }, [](std::int32_t) { return std::nullopt; }};
      ReplicaManager replicas(host, peers, {}, nullptr);
      LogManager logs(host, {});
      bool damaged = stored.next_life == 1;  // the first life finds the damage
      EXPECT_TRUE(replicas.open(stored.next_life, stored.states, damaged || stored.incomplete));
      EXPECT_TRUE(HardStateStore::remove_files(host.disk(), stored.files));
      body(replicas, logs, stored);
      replicas.stop();
      return 0;
    });
    EXPECT_TRUE(world.run_until([&] { return !node.running(); }, world.now() + seconds(100)));
  };
  auto has_vote = [&](ReplicaManager& replicas, LogManager& logs, const GroupId& id) {
    auto name = "t" + std::to_string(id.topic.low) + "-" + std::to_string(id.partition);
    return replicas.add(id, logs.open(name, {}, false).value(), fresh)->raft().hard_state().damage == 0;
  };
  live([&](auto&, auto&, auto&) {});  // ends before it knows any group
  live([&](auto& replicas, auto& logs, auto& stored) {
    EXPECT_TRUE(stored.incomplete);
    EXPECT_FALSE(has_vote(replicas, logs, group));
    replicas.knows_groups({group, other});
  });
  live([&](auto& replicas, auto& logs, auto& stored) {
    EXPECT_TRUE(stored.incomplete) << "one of them was never added";
    replicas.knows_groups({group, other});
    EXPECT_FALSE(has_vote(replicas, logs, group));
    EXPECT_FALSE(has_vote(replicas, logs, other));
    EXPECT_TRUE(has_vote(replicas, logs, later));
    EXPECT_TRUE(replicas.forget_log({{9, 9}, 0}, true));  // the next stored state also says that all are known
  });
  live([&](auto& replicas, auto& logs, auto& stored) {
    EXPECT_FALSE(stored.incomplete);
    EXPECT_FALSE(has_vote(replicas, logs, group));
    EXPECT_FALSE(has_vote(replicas, logs, other));
  });
}

// Others may lead its groups by then, and the first messages that it receives are old replies.
TEST(ReplicaManager, AfterItWasHeldUpNothingIsKnownToBeLedForATimeout) {
  World world(1, LogLevel::error);
  auto& node = world.add_node("broker");
  const RaftSettings settings;
  ReplicaManager* ticking = nullptr;
  Host* host_of = nullptr;
  node.start(1, [&](Host& host) {
    Peers peers{{1, {1, 1}}, [] { return "cluster"; }, [](std::int32_t) { return std::nullopt; }};
    ReplicaManager replicas(host, peers, settings, nullptr);
    LogManager logs(host, {});
    EXPECT_TRUE(replicas.open(1, {}));
    HardState fresh;
    fresh.configuration.configuration = {{{1, {1, 1}}, {2, {2, 2}}}, {}, {}};
    replicas.add(group, logs.open("t-0", {}, false).value(), fresh);
    ticking = &replicas;
    host_of = &host;
    host.stop_requested().wait();
    replicas.stop();
    return 0;
  });
  auto age = [&] { return host_of->clock().now() - ticking->leads_as_of(); };
  world.run_for(seconds(2));
  EXPECT_LT(age(), settings.heartbeat_interval);
  node.pause();
  world.run_for(milliseconds(200));
  node.resume();
  world.run_for(milliseconds(100));
  EXPECT_LT(age(), settings.heartbeat_interval) << "nobody calls that silence";
  node.pause();
  world.run_for(seconds(2));
  node.resume();
  world.run_for(settings.election_timeout / 2);
  EXPECT_GT(age(), seconds(2));
  world.run_for(settings.election_timeout);
  EXPECT_LT(age(), settings.heartbeat_interval);
  node.request_stop();
  EXPECT_TRUE(world.run_until([&] { return !node.running(); }, world.now() + seconds(100)));
}

}  // namespace
}  // namespace fulmar
