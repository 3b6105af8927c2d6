// A cluster of brokers in a simulated world, each on its own machine, and a machine for clients; and requests that
// tests need.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "broker/client/cluster_client.h"
#include "broker/client/producer.h"
#include "broker/protocol/messages/produce.h"
#include "broker/protocol/messages/reassignments.h"
#include "broker/protocol/messages/topics.h"
#include "broker/protocol/record_builder.h"
#include "broker/server/broker.h"
#include "runtime/host/clock.h"
#include "sim/world.h"
#include "tests/log/log_test_kit.h"

namespace fulmar {

// Brokers 1 to `count`, started at once; the first of them are controllers, and the others observers.
class BrokerCluster {
 public:
  // `by_name`: the brokers have their machines' names as addresses.
  explicit BrokerCluster(std::uint64_t seed, int count = 3, Properties properties = {}, int controllers = 5,
                         bool by_name = false)
      : world(seed, LogLevel::error),
        count_(count),
        by_name_(by_name),
        controllers_(std::min(count, controllers)),
        properties_(std::move(properties)) {
    for (int id = 1; id <= count_; ++id) world.add_node("broker" + std::to_string(id));
    world.add_node("client");
    for (int id = 1; id <= count_; ++id) start(id);
  }

  Node& broker(int id) { return world.node(static_cast<std::size_t>(id - 1)); }
  Node& client() { return world.node(static_cast<std::size_t>(count_)); }
  SocketAddress address(int id, std::uint16_t port) { return {broker(id).address(), port}; }

  void start(int id) {
    std::string voters;
    auto at = [this](int n, std::uint16_t port) {
      return by_name_ ? "broker" + std::to_string(n) + ":" + std::to_string(port) : to_string(address(n, port));
    };
    for (int n = 1; n <= controllers_; ++n) voters += (n > 1 ? "," : "") + std::to_string(n) + "@" + at(n, 9093);
    auto properties = properties_;
    properties["node.id"] = std::to_string(id);
    properties["listeners"] = "PLAINTEXT://" + at(id, 9092) + ",INTERNAL://" + at(id, 9093);
    properties["controller.quorum.voters"] = voters;
    properties.try_emplace("default.replication.factor", "3");
    properties.try_emplace("broker.rack", "rack-" + std::to_string(id));
    if (auto more = extra.find(id); more != extra.end())
      for (const auto& [name, value] : more->second) properties[name] += value;
    auto config = BrokerConfig::from(properties);
    ASSERT_TRUE(config.has_value()) << to_string(config.error());
    if (auto other = features.find(id); other != features.end()) config->features = other->second;
    ready.erase(id);
    broker(id).start(1 + static_cast<unsigned>(id) % 2, [this, id, config = *config](Host& host) {
      auto ran = run_broker(host, config, {.ready = [this, id](const SocketAddress&) { ready.insert(id); }});
      if (!ran) failures[id] = to_string(ran.error());
      return ran ? 0 : 1;
    });
  }
  // Powers the machine off and empties its disk; it can be started again.
  void lose_disk(int id) {
    broker(id).power_loss();
    broker(id).disk().wipe();
  }
  bool all_ready() {
    return world.run_until([this] { return ready.size() == static_cast<std::size_t>(count_); },
                           world.now() + seconds(20));
  }

  ClusterClientOptions client_options() {
    ClusterClientOptions options;
    for (int id = 1; id <= count_; ++id) options.bootstrap.push_back(address(id, 9092));
    return options;
  }

  // Runs the body as a client's process, to its end.
  bool as_client(std::function<void(Host&, ClusterClient&)> body, Duration within = seconds(120)) {
    client().start(1, [this, body = std::move(body)](Host& host) {
      ClusterClient cluster(host, client_options());
      body(host, cluster);
      return 0;
    });
    return world.run_until([this] { return !client().running(); }, world.now() + within);
  }

  // Runs `what`, which acts on the world and so can't run in a fiber, on behalf of a client's fiber.
  void from_outside(Host& host, std::function<void()> what) {
    world.at(world.now(), std::move(what));
    host.clock().sleep_for(milliseconds(1));
  }

  // Stops all brokers in order, at once; false if one does not end.
  bool stop() {
    for (int id = 1; id <= count_; ++id)
      if (broker(id).running()) broker(id).request_stop();
    return world.run_until(
        [this] {
          for (int id = 1; id <= count_; ++id)
            if (broker(id).running()) return false;
          return true;
        },
        world.now() + seconds(60));
  }

  // A stopped broker's records of a partition, by offset; nullopt if it has no log of it.
  std::optional<std::map<Offset, std::string>> records_of(int id, const std::string& topic, std::int32_t partition) {
    std::optional<std::map<Offset, std::string>> found;
    run_process(world, broker(id), [&](Host& host) {
      auto name = topic + "-" + std::to_string(partition);
      if (!host.disk().list(name)) return;
      LogContext context(host, {});
      auto log = PartitionLog::open(context, name, {}, false);
      ASSERT_TRUE(log.has_value()) << "broker " << id;
      found.emplace();
      for (const auto& record : read_all(**log, (*log)->log_start()))
        if (record.value) (*found)[record.offset] = record.value->view();
    });
    return found;
  }

  World world;
  std::set<int> ready;
  std::map<int, std::string> failures;    // why a broker could not run
  std::map<int, Properties> extra;        // what is added to the values of a broker's properties from its next start on
  std::map<int, FeatureRanges> features;  // of brokers that act as another release from their next start on

 private:
  int count_;
  bool by_name_;
  int controllers_;
  Properties properties_;
};

// Asks the controller until there is a final response.
template <class Response, class Request>
Answer<Response> ask_controller(ClusterClient& cluster, const Request& request) {
  return cluster.retry([&](Deadline deadline) -> Answer<Response> {
    FULMAR_TRY(auto connection, cluster.controller(deadline));
    FULMAR_TRY(auto response, connection->template call<Response>(request, deadline));
    if constexpr (requires { response.error_code; })
      if (is_retriable(response.error_code)) return refuse(response.error_code, "the controller could not");
    if constexpr (requires { response.topics.front().error_code; })
      for (const auto& topic : response.topics)
        if (is_retriable(topic.error_code)) return refuse(topic.error_code, "the controller could not");
    return response;
  });
}

inline void create_topic(ClusterClient& cluster, CreateTopicsRequest::Topic topic) {
  CreateTopicsRequest request;
  request.timeout_ms = 5000;
  request.topics.push_back(std::move(topic));
  auto response = ask_controller<CreateTopicsResponse>(cluster, request);
  ASSERT_TRUE(response.has_value()) << response.error().detail;
  auto error = response->topics.at(0).error_code;
  EXPECT_TRUE(error == ErrorCode::none || error == ErrorCode::topic_already_exists)
      << response->topics.at(0).error_message.value_or("");
}

inline void create_topic(ClusterClient& cluster, const std::string& name, int partitions, int factor = 3,
                         std::vector<std::vector<std::int32_t>> assignments = {}) {
  CreateTopicsRequest::Topic topic;
  topic.name = name;
  topic.num_partitions = assignments.empty() ? partitions : -1;
  topic.replication_factor = static_cast<std::int16_t>(assignments.empty() ? factor : -1);
  for (auto& brokers : assignments)
    topic.assignments.push_back({static_cast<std::int32_t>(topic.assignments.size()), std::move(brokers)});
  create_topic(cluster, std::move(topic));
}

// With three replicas.
inline void create_topic(ClusterClient& cluster, const std::string& name, int partitions,
                         std::vector<CreateTopicsRequest::Topic::Config> configs) {
  CreateTopicsRequest::Topic topic;
  topic.name = name;
  topic.num_partitions = partitions;
  topic.replication_factor = 3;
  topic.configs = std::move(configs);
  create_topic(cluster, std::move(topic));
}

// Sends one record to partition 0, once, to its leader; returns the error in the response.
inline ErrorCode produce_once(ClusterClient& cluster, const std::string& topic, const std::string& value,
                              Duration timeout = seconds(2), std::int16_t acks = -1) {
  ProduceRequest request;
  request.acks = acks;
  request.timeout_ms = static_cast<std::int32_t>(timeout.count() / 1'000'000);
  request.topics.push_back({topic, {{0, ByteChain(build_batch({{std::nullopt, value, World::epoch_ms, {}}}))}}});
  auto answered = cluster.retry([&](Deadline) -> Answer<ProduceResponse> {
    auto deadline = Deadline::never();
    FULMAR_TRY(auto connection, cluster.leader(topic, 0, deadline));
    return connection->call<ProduceResponse>(request, deadline, 12);  // with topic names
  });
  EXPECT_TRUE(answered.has_value());
  return answered ? answered->topics.at(0).partitions.at(0).error_code : ErrorCode::unknown_server_error;
}

// Sends records, and remembers which were acknowledged, and at which offset.
class Chronicle {
 public:
  void send(Producer& producer, const std::string& topic, std::int32_t partition) {
    auto value = "record " + std::to_string(sent_++);
    auto delivery = producer.send(topic, partition, {{std::nullopt, value, World::epoch_ms, {}}});
    if (delivery.outcome == Delivery::Outcome::ok) acknowledged[partition][delivery.base_offset] = value;
  }
  // Whether all of them are among a broker's records.
  void expect_in(const std::map<Offset, std::string>& found, std::int32_t partition, const std::string& where) const {
    auto kept = acknowledged.find(partition);
    if (kept == acknowledged.end()) return;
    for (const auto& [offset, value] : kept->second) {
      auto at = found.find(offset);
      ASSERT_TRUE(at != found.end()) << where << " has nothing at " << offset;
      ASSERT_EQ(at->second, value) << where << " at " << offset;
    }
  }
  std::size_t size() const {
    std::size_t all = 0;
    for (const auto& [partition, records] : acknowledged) all += records.size();
    return all;
  }

  std::map<std::int32_t, std::map<Offset, std::string>> acknowledged;

 private:
  int sent_ = 0;
};

}  // namespace fulmar
