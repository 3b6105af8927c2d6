#include "broker/replication/replica_manager.h"

#include <gtest/gtest.h>

#include "broker/log/log_manager.h"
#include "sim/world.h"
#include "tests/replication/deaf_observer.h"

namespace fulmar {
namespace {

const GroupId group{{7, 7}, 0};

struct CountsVoteRequests final : DeafObserver {
  void sends(const GroupId&, const Message& message) override {
    asked += std::holds_alternative<VoteRequest>(message.body);
  }
  int asked = 0;
};

// One of two voters, who never hears of the other: all it can do is to stand, again and again.
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

// Damage took the states of groups, and nobody knows of which: those that there were have no vote, in later lives
// either; those that come later have one.
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
    EXPECT_TRUE(replicas.forget_log({{9, 9}, 0}, true));  // what is stored next takes along that all are known
  });
  live([&](auto& replicas, auto& logs, auto& stored) {
    EXPECT_FALSE(stored.incomplete);
    EXPECT_FALSE(has_vote(replicas, logs, group));
    EXPECT_FALSE(has_vote(replicas, logs, other));
  });
}

// What it leads may be somebody else's by then, and what it is told first are answers from before.
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
