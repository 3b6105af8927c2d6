// Three brokers as one cluster, each whole, in a simulated world, and a machine for clients.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <string>

#include "broker/client/cluster_client.h"
#include "broker/protocol/messages/produce.h"
#include "broker/protocol/messages/topics.h"
#include "broker/protocol/record_builder.h"
#include "broker/server/broker.h"
#include "runtime/host/clock.h"
#include "sim/world.h"

namespace fulmar {

class ThreeBrokers {
 public:
  explicit ThreeBrokers(std::uint64_t seed, Properties also = {})
      : world(seed, LogLevel::error), settings(std::move(also)) {
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
        {"broker.rack", "rack-" + std::to_string(id)},
        {"default.replication.factor", "3"}};
    properties.insert(settings.begin(), settings.end());
    auto config = BrokerConfig::from(std::move(properties));
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

  // Does to the brokers, from a client's fiber, what no fiber may do itself.
  void from_outside(Host& host, std::function<void()> what) {
    world.at(world.now(), std::move(what));
    host.clock().sleep_for(milliseconds(1));
  }

  bool stop() {
    for (int n = 1; n <= 3; ++n)
      if (broker(n).running()) broker(n).request_stop();
    return world.run_until([&] { return !broker(1).running() && !broker(2).running() && !broker(3).running(); },
                           world.now() + seconds(60));
  }

  // Until all three are ready, for the first time.
  bool form() {
    return world.run_until([&] { return ready.size() == 3; }, world.now() + seconds(20));
  }

  World world;
  const Properties settings;  // of all of them
  std::map<int, bool> ready;
};

inline void create_topic(ClusterClient& cluster, const std::string& name, int partitions,
                         std::vector<CreateTopicsRequest::Topic::Config> configs = {}) {
  auto created = cluster.retry([&](Deadline deadline) -> Answer<void> {
    TRY(auto connection, cluster.controller(deadline));
    CreateTopicsRequest request;
    request.timeout_ms = 5000;
    auto& topic = request.topics.emplace_back();
    topic.name = name;
    topic.num_partitions = partitions;
    topic.replication_factor = 3;
    topic.configs = configs;
    TRY(auto response, connection->call<CreateTopicsResponse>(request, deadline));
    EXPECT_EQ(response.topics.at(0).error_code, ErrorCode::none) << response.topics.at(0).error_message.value_or("");
    return {};
  });
  EXPECT_TRUE(created.has_value());
}

// One record to partition 0, by one try at whoever leads; what the answer said of it.
inline ErrorCode produce_once(ClusterClient& cluster, const std::string& topic, const std::string& value,
                              Duration timeout = seconds(2), std::int16_t acks = -1) {
  ProduceRequest request;
  request.acks = acks;
  request.timeout_ms = static_cast<std::int32_t>(timeout.count() / 1'000'000);
  request.topics.push_back({topic, {{0, ByteChain(build_batch({{std::nullopt, value, World::epoch_ms, {}}}))}}});
  auto answered = cluster.retry([&](Deadline) -> Answer<ProduceResponse> {
    auto deadline = Deadline::never();
    TRY(auto connection, cluster.leader(topic, 0, deadline));
    return connection->call<ProduceResponse>(request, deadline);
  });
  EXPECT_TRUE(answered.has_value());
  return answered ? answered->topics.at(0).partitions.at(0).error_code : ErrorCode::unknown_server_error;
}

}  // namespace fulmar
