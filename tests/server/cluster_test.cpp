// Three brokers as one cluster, each whole, in a simulated world: formation, topics on all of them, leaders that die.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

#include "broker/client/cluster_client.h"
#include "broker/client/producer.h"
#include "broker/protocol/messages/topics.h"
#include "broker/server/broker.h"
#include "runtime/host/clock.h"
#include "sim/world.h"
#include "tests/log/log_test_kit.h"

namespace fulmar {
namespace {

class ThreeBrokers {
 public:
  explicit ThreeBrokers(std::uint64_t seed) : world(seed, LogLevel::error) {
    for (int n = 0; n < 3; ++n) world.add_node("broker" + std::to_string(n + 1));
    world.add_node("client");
    for (int n = 1; n <= 3; ++n) start(n);
  }

  Node& broker(int id) { return world.node(static_cast<std::size_t>(id - 1)); }
  Node& client() { return world.node(3); }
  SocketAddress address(int id, std::uint16_t port) { return {broker(id).address(), port}; }

  void start(int id) {
    std::string voters;
    for (int n = 1; n <= 3; ++n) voters += (n > 1 ? "," : "") + std::to_string(n) + "@" + to_string(address(n, 9093));
    Properties properties{
        {"node.id", std::to_string(id)},
        {"listeners", "PLAINTEXT://" + to_string(address(id, 9092)) + ",INTERNAL://" + to_string(address(id, 9093))},
        {"controller.quorum.voters", voters},
        {"default.replication.factor", "3"}};
    auto config = BrokerConfig::from(properties);
    ASSERT_TRUE(config.has_value()) << to_string(config.error());
    broker(id).start(1 + static_cast<unsigned>(id) % 2, [this, id, config = *config](Host& host) {
      auto ran = run_broker(host, config, [this, id](const SocketAddress&) { ready[id] = true; });
      return ran ? 0 : 1;
    });
  }

  ClusterClientOptions client_options() {
    ClusterClientOptions options;
    for (int n = 1; n <= 3; ++n) options.bootstrap.push_back(address(n, 9092));
    return options;
  }

  // Runs the body as a client's process, to its end.
  bool as_client(std::function<void(Host&, ClusterClient&)> body) {
    client().start(1, [this, body = std::move(body)](Host& host) {
      ClusterClient cluster(host, client_options());
      body(host, cluster);
      return 0;
    });
    return world.run_until([&] { return !client().running(); }, world.now() + seconds(120));
  }

  bool stop() {
    for (int n = 1; n <= 3; ++n)
      if (broker(n).running()) broker(n).request_stop();
    return world.run_until([&] { return !broker(1).running() && !broker(2).running() && !broker(3).running(); },
                           world.now() + seconds(60));
  }

  World world;
  std::map<int, bool> ready;
};

void create_topic(ClusterClient& cluster, const std::string& name, int partitions) {
  auto created = cluster.retry([&](Deadline deadline) -> Answer<void> {
    TRY(auto connection, cluster.controller(deadline));
    CreateTopicsRequest request;
    request.timeout_ms = 5000;
    auto& topic = request.topics.emplace_back();
    topic.name = name;
    topic.num_partitions = partitions;
    topic.replication_factor = 3;
    TRY(auto response, connection->call<CreateTopicsResponse>(request, deadline));
    EXPECT_EQ(response.topics.at(0).error_code, ErrorCode::none) << response.topics.at(0).error_message.value_or("");
    return {};
  });
  EXPECT_TRUE(created.has_value());
}

TEST(Cluster, FormsAndPutsATopicOnAllItsBrokers) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    ThreeBrokers brokers(seed);
    ASSERT_TRUE(brokers.world.run_until([&] { return brokers.ready.size() == 3; }, brokers.world.now() + seconds(20)))
        << "seed " << seed;
    ASSERT_TRUE(brokers.as_client([&](Host&, ClusterClient& cluster) {
      create_topic(cluster, "t", 6);
      auto described = cluster.topic("t");  // the broker that is asked may hear of it a moment later
      ASSERT_TRUE(described.has_value());
      EXPECT_EQ(described->partitions.size(), 6u);
      for (const auto& partition : described->partitions) EXPECT_EQ(partition.replica_nodes.size(), 3u);
      EXPECT_EQ(cluster.metadata(std::nullopt)->brokers.size(), 3u);
    })) << "seed "
        << seed;
    ASSERT_TRUE(brokers.stop()) << "seed " << seed;
    EXPECT_TRUE(brokers.world.leaks().empty()) << "seed " << seed;
  }
}

// FULMAR_CLUSTER_LIVES=A..B plays other lives than the usual.
TEST(Cluster, WhatIsAcknowledgedOutlivesItsLeaders) {
  std::uint64_t first = 1, last = 15;
  if (const char* wanted = std::getenv("FULMAR_CLUSTER_LIVES")) std::sscanf(wanted, "%lu..%lu", &first, &last);
  for (auto seed = first; seed <= last; ++seed) {
    ThreeBrokers brokers(seed);
    ASSERT_TRUE(brokers.world.run_until([&] { return brokers.ready.size() == 3; }, brokers.world.now() + seconds(20)));
    // One broker after the other loses its power and comes back, while records are sent.
    auto begun = brokers.world.now();
    for (int turn = 0; turn < 4; ++turn) {
      int id = 1 + (static_cast<int>(seed) + turn) % 3;
      brokers.world.at(begun + seconds(3 + 10 * turn), [&brokers, id] { brokers.broker(id).power_loss(); });
      brokers.world.at(begun + seconds(6 + 10 * turn), [&brokers, id] { brokers.start(id); });
    }
    std::map<std::pair<std::int32_t, Offset>, std::string> acknowledged;
    ASSERT_TRUE(brokers.as_client([&](Host& host, ClusterClient& cluster) {
      create_topic(cluster, "t", 3);
      ProducerOptions options;
      options.request_timeout = seconds(2);
      options.delivery_timeout = seconds(30);
      Producer producer(host, cluster, options);
      for (int i = 0; host.clock().now() < begun + seconds(45); ++i) {
        auto value = "record " + std::to_string(i);
        auto delivery = producer.send("t", i % 3, {{std::nullopt, value, World::epoch_ms, {}}});
        if (delivery.outcome == Delivery::Outcome::ok) acknowledged[{i % 3, delivery.base_offset}] = value;
        host.clock().sleep_for(milliseconds(20));
      }
    })) << "seed "
        << seed;
    EXPECT_GT(acknowledged.size(), 300u) << "seed " << seed;
    brokers.world.run_for(seconds(10));
    ASSERT_TRUE(brokers.stop()) << "seed " << seed;
    // Every broker's own log has all of it.
    for (int id = 1; id <= 3; ++id) {
      run_process(brokers.world, brokers.broker(id), [&](Host& host) {
        LogContext context(host, {});
        for (std::int32_t partition = 0; partition < 3; ++partition) {
          auto log = PartitionLog::open(context, "t-" + std::to_string(partition), {}, false);
          ASSERT_TRUE(log.has_value()) << "seed " << seed << " broker " << id;
          std::map<Offset, std::string> found;
          for (const auto& record : read_all(**log, (*log)->log_start()))
            if (record.value) found[record.offset] = record.value->view();
          for (const auto& [place, value] : acknowledged) {
            if (place.first != partition) continue;
            EXPECT_EQ(found[place.second], value) << "seed " << seed << " broker " << id;
          }
        }
      });
    }
  }
}

}  // namespace
}  // namespace fulmar
