// Reassignments: replicas change while records are sent, and no acknowledged record is lost.
#include "tests/server/cluster_kit.h"

namespace fulmar {
namespace {

using Replicas = std::optional<std::vector<std::int32_t>>;  // nullopt: cancel

AlterPartitionReassignmentsResponse::Topic::Partition reassign(ClusterClient& cluster, const std::string& topic,
                                                               std::int32_t partition, Replicas replicas,
                                                               bool may_change_factor = true) {
  AlterPartitionReassignmentsRequest request;
  request.allow_replication_factor_change = may_change_factor;
  request.topics.push_back({topic, {{partition, std::move(replicas)}}});
  auto response = ask_controller<AlterPartitionReassignmentsResponse>(cluster, request);
  EXPECT_TRUE(response.has_value()) << to_string(response.error());
  return response ? response->topics.at(0).partitions.at(0) : AlterPartitionReassignmentsResponse::Topic::Partition{};
}

std::vector<ListPartitionReassignmentsResponse::Topic> reassignments(ClusterClient& cluster) {
  auto response = ask_controller<ListPartitionReassignmentsResponse>(cluster, ListPartitionReassignmentsRequest{});
  EXPECT_TRUE(response.has_value());
  return response ? response->topics : std::vector<ListPartitionReassignmentsResponse::Topic>();
}

bool all_ended(Host& host, ClusterClient& cluster, Duration within = seconds(30)) {
  auto give_up = host.clock().now() + within;
  while (!reassignments(cluster).empty()) {
    if (host.clock().now() > give_up) return false;
    host.clock().sleep_for(milliseconds(100));
  }
  return true;
}

// The partition's replicas, once the broker that is asked knows them.
std::vector<std::int32_t> replicas_of(Host& host, ClusterClient& cluster, const std::string& topic,
                                      const std::vector<std::int32_t>& expected) {
  std::vector<std::int32_t> replicas;
  for (int look = 0; look < 50 && replicas != expected; ++look) {
    auto described = cluster.topic(topic);
    if (described) replicas = described->partitions.at(0).replica_nodes;
    host.clock().sleep_for(milliseconds(100));
  }
  return replicas;
}

// One partition on the first brokers; each step requests a change and waits for its end, while records are sent.
void expect_moves(std::uint64_t seed, const std::vector<std::int32_t>& first,
                  const std::vector<std::vector<std::int32_t>>& steps) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  BrokerCluster brokers(seed, 5);
  ASSERT_TRUE(brokers.all_ready());
  Chronicle chronicle;
  ASSERT_TRUE(brokers.as_client([&](Host& host, ClusterClient& cluster) {
    create_topic(cluster, "t", 1, 0, {first});
    bool moving = true;
    FiberGroup sending;
    sending.spawn("send", [&] {
      Producer producer(host, cluster, {});
      while (moving) {
        chronicle.send(producer, "t", 0);
        host.clock().sleep_for(milliseconds(5));
      }
    });
    auto more_sent = [&] {
      for (auto enough = chronicle.size() + 50; chronicle.size() < enough;) host.clock().sleep_for(milliseconds(10));
    };
    for (const auto& step : steps) {
      more_sent();
      EXPECT_EQ(reassign(cluster, "t", 0, step).error_code, ErrorCode::none);
      EXPECT_TRUE(all_ended(host, cluster));
      EXPECT_EQ(replicas_of(host, cluster, "t", step), step);
    }
    more_sent();
    moving = false;
    sending.join();
  }));
  brokers.world.run_for(seconds(3));
  ASSERT_TRUE(brokers.stop());
  for (int id = 1; id <= 5; ++id) {
    auto found = brokers.records_of(id, "t", 0);
    bool wanted = std::find(steps.back().begin(), steps.back().end(), id) != steps.back().end();
    EXPECT_EQ(found.has_value(), wanted) << "broker " << id;
    if (found) chronicle.expect_in(*found, 0, "broker " + std::to_string(id));
  }
}

TEST(Reassignment, MovesToBrokersThatHaveNothingYet) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) expect_moves(seed, {1, 2, 3}, {{3, 4, 5}});
}

TEST(Reassignment, AGroupOfOneGrowsAndShrinksAgainElsewhere) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) expect_moves(seed, {1}, {{1, 2, 3}, {3}, {2}});
}

TEST(Reassignment, GoesThereAndBackAgain) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) expect_moves(seed, {1, 2, 3}, {{4, 5, 1}, {1, 2, 3}, {4, 5, 2}});
}

TEST(Reassignment, LeavesNothingOnABrokerThatWasNotThere) {
  BrokerCluster brokers(1, 4);
  ASSERT_TRUE(brokers.all_ready());
  ASSERT_TRUE(brokers.as_client([&](Host& host, ClusterClient& cluster) {
    create_topic(cluster, "t", 1, 0, {{1, 2, 3}});
    Producer producer(host, cluster, {});
    Chronicle chronicle;
    for (int i = 0; i < 50; ++i) chronicle.send(producer, "t", 0);
    host.clock().sleep_for(seconds(1));
    brokers.from_outside(host, [&] { brokers.broker(3).power_loss(); });
    EXPECT_EQ(reassign(cluster, "t", 0, {{1, 2, 4}}).error_code, ErrorCode::none);
    EXPECT_TRUE(all_ended(host, cluster));
  }));
  brokers.ready.erase(3);
  brokers.start(3);
  ASSERT_TRUE(brokers.all_ready());
  auto is_gone = [&] { return brokers.broker(3).disk().image().find("t-0") == nullptr; };
  EXPECT_TRUE(brokers.world.run_until(is_gone, brokers.world.now() + seconds(5)));
  EXPECT_TRUE(brokers.broker(4).disk().image().find("t-0") != nullptr);
  ASSERT_TRUE(brokers.stop());
}

TEST(Reassignment, IsCancelledOrReplacedByAnother) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    BrokerCluster brokers(seed, 5);
    ASSERT_TRUE(brokers.all_ready());
    Chronicle chronicle;
    ASSERT_TRUE(brokers.as_client([&](Host& host, ClusterClient& cluster) {
      create_topic(cluster, "t", 1, 0, {{1, 2, 3}});
      Producer producer(host, cluster, {});
      for (int i = 0; i < 50; ++i) chronicle.send(producer, "t", 0);
      // Broker 4's new replicas wait for it.
      brokers.world.at(brokers.world.now(), [&] { brokers.broker(4).kill(); });
      EXPECT_EQ(reassign(cluster, "t", 0, {{1, 2, 4}}).error_code, ErrorCode::none);
      host.clock().sleep_for(seconds(1));
      auto under_way = reassignments(cluster);
      ASSERT_EQ(under_way.size(), 1u);
      const auto& listed = under_way[0].partitions.at(0);
      EXPECT_EQ(listed.replicas, (std::vector<std::int32_t>{1, 2, 4, 3}));
      EXPECT_EQ(listed.adding_replicas, (std::vector<std::int32_t>{4}));
      EXPECT_EQ(listed.removing_replicas, (std::vector<std::int32_t>{3}));
      EXPECT_EQ(reassign(cluster, "t", 0, {{1, 5, 4}}).error_code, ErrorCode::none);
      EXPECT_EQ(reassign(cluster, "t", 0, std::nullopt).error_code, ErrorCode::none);
      EXPECT_TRUE(all_ended(host, cluster)) << "though broker 4 is dead";
      EXPECT_EQ(replicas_of(host, cluster, "t", {1, 2, 3}), (std::vector<std::int32_t>{1, 2, 3}));
      EXPECT_EQ(reassign(cluster, "t", 0, std::nullopt).error_code, ErrorCode::no_reassignment_in_progress);
      EXPECT_EQ(reassign(cluster, "t", 0, {{1, 2, 4}}).error_code, ErrorCode::none);
      EXPECT_EQ(reassign(cluster, "t", 0, {{1, 2, 5}}).error_code, ErrorCode::none);
      EXPECT_TRUE(all_ended(host, cluster));
      EXPECT_EQ(replicas_of(host, cluster, "t", {1, 2, 5}), (std::vector<std::int32_t>{1, 2, 5}));
      for (int i = 0; i < 50; ++i) chronicle.send(producer, "t", 0);
    }));
    EXPECT_EQ(chronicle.size(), 100u);
    brokers.start(4);
    brokers.world.run_for(seconds(5));
    ASSERT_TRUE(brokers.stop());
    for (int id : {1, 2, 5}) {
      auto found = brokers.records_of(id, "t", 0);
      ASSERT_TRUE(found.has_value()) << "broker " << id;
      chronicle.expect_in(*found, 0, "broker " + std::to_string(id));
    }
    EXPECT_FALSE(brokers.records_of(3, "t", 0).has_value());
  }
}

TEST(Reassignment, IsRefusedInKafkasWords) {
  BrokerCluster brokers(1, 3);
  ASSERT_TRUE(brokers.all_ready());
  ASSERT_TRUE(brokers.as_client([&](Host& host, ClusterClient& cluster) {
    create_topic(cluster, "t", 1, 0, {{1, 2}});
    EXPECT_EQ(reassign(cluster, "none", 0, {{1}}).error_code, ErrorCode::unknown_topic_or_partition);
    EXPECT_EQ(reassign(cluster, "t", 1, {{1}}).error_code, ErrorCode::unknown_topic_or_partition);
    EXPECT_EQ(reassign(cluster, "t", 0, std::nullopt).error_code, ErrorCode::no_reassignment_in_progress);
    for (const auto& wrong : std::vector<std::vector<std::int32_t>>{{}, {1, 1}, {1, 9}, {-1}})
      EXPECT_EQ(reassign(cluster, "t", 0, wrong).error_code, ErrorCode::invalid_replica_assignment);
    EXPECT_EQ(reassign(cluster, "t", 0, {{1, 2, 3}}, false).error_code, ErrorCode::invalid_replication_factor);
    EXPECT_EQ(reassign(cluster, "t", 0, {{2, 1}}, false).error_code, ErrorCode::none) << "another preferred leader";
    EXPECT_TRUE(reassignments(cluster).empty());
    EXPECT_EQ(replicas_of(host, cluster, "t", {2, 1}), (std::vector<std::int32_t>{2, 1}));
  }));
  ASSERT_TRUE(brokers.stop());
}

}  // namespace
}  // namespace fulmar
