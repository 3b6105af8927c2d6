// Metrics and health of brokers that form a cluster: sums over brokers are the cluster's, and the lag of groups is
// known wherever the partitions are led.
#include "broker/client/group_admin.h"
#include "tests/admin/admin_kit.h"
#include "tests/server/cluster_kit.h"

namespace fulmar {
namespace {

// Three brokers; the values of one metric on all of them.
struct Metering {
  explicit Metering(std::uint64_t seed) : brokers(seed, 3, with_admin()) {}
  SocketAddress admin(int id) { return {brokers.broker(id).address(), admin_port}; }
  std::vector<double> values(Host& host, const std::string& name, const std::string& query = "") {
    std::vector<double> found;
    for (int id = 1; id <= 3; ++id) {
      if (!brokers.broker(id).running()) continue;
      auto all = scrape(host, admin(id), query);
      if (auto value = all.find(name); value != all.end()) found.push_back(value->second);
    }
    return found;
  }
  double sum(Host& host, const std::string& name, const std::string& query = "") {
    double total = 0;
    for (auto value : values(host, name, query)) total += value;
    return total;
  }

  BrokerCluster brokers;
};

TEST(MetricsOfACluster, SumsOverBrokersAreTheClusters) {
  Metering it(1);
  ASSERT_TRUE(it.brokers.all_ready());
  ASSERT_TRUE(it.brokers.as_client([&](Host& host, ClusterClient& cluster) {
    create_topic(cluster, "t", 6);
    host.clock().sleep_for(seconds(5));
    EXPECT_EQ(it.sum(host, "fulmar_controller_active"), 1);
    EXPECT_EQ(it.values(host, "fulmar_cluster_brokers"), std::vector<double>{3}) << "only the controller counts them";
    EXPECT_EQ(it.sum(host, "fulmar_cluster_partitions_offline"), 0);
    EXPECT_GT(it.sum(host, "fulmar_elections_begun_total"), it.sum(host, "fulmar_leaderships_won_total"))
        << "each is won in an election, and so is the controllers'";
    EXPECT_EQ(it.sum(host, "fulmar_partitions_under_replicated"), 0);
    EXPECT_EQ(it.sum(host, "fulmar_partitions{shard=\"0\"}") + it.sum(host, "fulmar_partitions{shard=\"1\"}"), 18);
    EXPECT_EQ(it.sum(host, "fulmar_partitions_led{shard=\"0\"}") + it.sum(host, "fulmar_partitions_led{shard=\"1\"}"),
              6);
    for (int id = 1; id <= 3; ++id) EXPECT_EQ(admin_page(host, it.admin(id), "/health/ready").status, 200) << id;
    // Each broker is linked to by each shard of the two others.
    EXPECT_GE(it.sum(host, "fulmar_connections{listener=\"INTERNAL\"}"), 6);
    it.brokers.from_outside(host, [&] { it.brokers.broker(3).kill(); });
    host.clock().sleep_for(seconds(20));
    EXPECT_EQ(it.sum(host, "fulmar_partitions_under_replicated"), 6);
    EXPECT_EQ(it.sum(host, "fulmar_replica_lag_max"), 0);
    for (int n = 0; n < 7; ++n) EXPECT_EQ(produce_once(cluster, "t", "not on broker 3"), ErrorCode::none);
    host.clock().sleep_for(seconds(1));
    EXPECT_EQ(it.sum(host, "fulmar_replica_lag_max"), 7);
    auto lag_on = [&](int broker) {
      auto name = R"(fulmar_partition_replica_lag{topic="t",partition="0",broker=")" + std::to_string(broker) + "\"}";
      return it.sum(host, name, "?topics=t");
    };
    EXPECT_EQ(lag_on(3), 7);
    EXPECT_EQ(lag_on(1) + lag_on(2), 0);
    EXPECT_EQ(it.values(host, "fulmar_cluster_brokers_fenced"), std::vector<double>{1});
    EXPECT_EQ(it.sum(host, "fulmar_cluster_partitions_offline"), 0) << "two of three replicas elect a leader";
  }));
}

TEST(MetricsOfACluster, ABrokerThatIsCutOffSaysWhyItIsNotReady) {
  Metering it(2);
  ASSERT_TRUE(it.brokers.all_ready());
  ASSERT_TRUE(it.brokers.as_client([&](Host& host, ClusterClient&) {
    for (int other : {1, 2}) {
      auto from = it.brokers.broker(3).number(), to = it.brokers.broker(other).number();
      it.brokers.world.network().link(from, to).cut = it.brokers.world.network().link(to, from).cut = true;
    }
    host.clock().sleep_for(seconds(15));
    auto health = admin_page(host, it.admin(3), "/health/ready");
    EXPECT_EQ(health.status, 503);
    EXPECT_NE(health.body.find("no_controller"), std::string::npos) << health.body;
    EXPECT_EQ(admin_page(host, it.admin(3), "/health/live").status, 200) << "a restart would not help";
  }));
}

TEST(MetricsOfACluster, TheLagOfAGroupIsAskedOfThePartitionsLeaders) {
  Metering it(3);
  ASSERT_TRUE(it.brokers.all_ready());
  ASSERT_TRUE(it.brokers.as_client([&](Host& host, ClusterClient& cluster) {
    create_topic(cluster, "t", 6);
    Producer producer(host, cluster, {});
    for (int i = 0; i < 60; ++i)
      ASSERT_EQ(producer.send("t", i % 6, {{std::nullopt, "x", World::epoch_ms, {}}}).outcome, Delivery::Outcome::ok);
    GroupOffsets offsets;
    for (int i = 0; i < 6; ++i) offsets[{"t", i}] = i + 3;  // of 10 each: lags of 7, 6, 5, 4, 3, 2
    ASSERT_TRUE(commit_offsets(cluster, "readers", offsets));
    for (const auto* query : {"?groups=readers,nobody", "?group=readers"}) {
      EXPECT_EQ(it.values(host, "fulmar_group_lag{group=\"readers\"}", query), std::vector<double>{27})
          << "only the coordinator shows it";
      EXPECT_EQ(it.sum(host, "fulmar_group_lag_max{group=\"readers\"}", query), 7);
      EXPECT_EQ(it.sum(host, "fulmar_group_partitions{group=\"readers\"}", query), 6);
      EXPECT_EQ(it.sum(host, "fulmar_group_partitions_unknown{group=\"readers\"}", query), 0);
    }
    EXPECT_EQ(it.sum(host, "fulmar_group_lag{group=\"readers\"}"), 0) << "nobody asked";
    EXPECT_EQ(it.sum(host, "fulmar_groups{type=\"classic\",state=\"Empty\"}"), 1);
  }));
}

}  // namespace
}  // namespace fulmar
