// Leadership transfers to preferred replicas: on request, and automatic ones.
#include "broker/protocol/messages/leaders.h"
#include "tests/server/cluster_kit.h"

namespace fulmar {
namespace {

ElectLeadersResponse elect(ClusterClient& cluster, std::int8_t type, const std::string& topic,
                           std::vector<std::int32_t> partitions) {
  ElectLeadersRequest request;
  request.election_type = type;
  request.topics.emplace();
  request.topics->push_back({topic, std::move(partitions)});
  auto response = ask_controller<ElectLeadersResponse>(cluster, request);
  EXPECT_TRUE(response.has_value());
  return response ? *response : ElectLeadersResponse{};
}

std::int32_t leader_of(ClusterClient& cluster, const std::string& topic) {
  auto described = cluster.topic(topic);
  return described ? described->partitions.at(0).leader_id : -1;
}

bool leads(Host& host, ClusterClient& cluster, const std::string& topic, std::int32_t broker, Duration within) {
  auto give_up = host.clock().now() + within;
  while (leader_of(cluster, topic) != broker) {
    if (host.clock().now() > give_up) return false;
    host.clock().sleep_for(milliseconds(100));
  }
  return true;
}

// Broker 1 is the preferred leader of the topic's only partition; it dies, another leads, it restarts.
void depose_the_preferred(BrokerCluster& brokers) {
  ASSERT_TRUE(brokers.all_ready());
  ASSERT_TRUE(brokers.as_client([&](Host&, ClusterClient& cluster) { create_topic(cluster, "t", 1, 0, {{1, 2, 3}}); }));
  brokers.world.run_for(seconds(3));
  brokers.broker(1).power_loss();
  brokers.world.run_for(seconds(5));
  brokers.start(1);
  ASSERT_TRUE(brokers.all_ready());
  brokers.world.run_for(seconds(3));
}

TEST(Elections, ThePreferredLeaderLeadsOnRequest) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    BrokerCluster brokers(seed, 3);
    depose_the_preferred(brokers);
    ASSERT_TRUE(brokers.as_client([&](Host& host, ClusterClient& cluster) {
      EXPECT_NE(leader_of(cluster, "t"), 1);
      auto error_of = [&](std::int8_t type, const std::string& topic, std::int32_t partition) {
        return elect(cluster, type, topic, {partition}).topics.at(0).partitions.at(0).error_code;
      };
      EXPECT_EQ(error_of(0, "t", 7), ErrorCode::unknown_topic_or_partition);
      EXPECT_EQ(error_of(0, "none", 0), ErrorCode::unknown_topic_or_partition);
      EXPECT_EQ(error_of(1, "t", 0), ErrorCode::election_not_needed) << "it has a leader";
      EXPECT_EQ(error_of(0, "t", 0), ErrorCode::none);
      EXPECT_TRUE(leads(host, cluster, "t", 1, seconds(2)));
      // The controller may learn of it later than the broker that was asked.
      auto give_up = host.clock().now() + seconds(2);
      while (error_of(0, "t", 0) != ErrorCode::election_not_needed) ASSERT_LT(host.clock().now(), give_up);
    }));
    brokers.broker(1).power_loss();
    brokers.world.run_for(seconds(20));
    ASSERT_TRUE(brokers.as_client([&](Host&, ClusterClient& cluster) {
      EXPECT_EQ(elect(cluster, 0, "t", {0}).topics.at(0).partitions.at(0).error_code,
                ErrorCode::preferred_leader_not_available);
    }));
    brokers.broker(2).power_loss();
    ASSERT_TRUE(brokers.stop());
  }
}

TEST(Elections, LeadershipComesBackByItselfWhenThePreferredReplicaHasKeptUp) {
  BrokerCluster brokers(1, 3, {{"leader.imbalance.check.interval.seconds", "20"}});
  depose_the_preferred(brokers);
  ASSERT_TRUE(brokers.as_client([&](Host& host, ClusterClient& cluster) {
    EXPECT_NE(leader_of(cluster, "t"), 1);
    EXPECT_TRUE(leads(host, cluster, "t", 1, seconds(60)));
  }));
  ASSERT_TRUE(brokers.stop());
}

TEST(Elections, LeadershipStaysWhereBalancingIsOff) {
  BrokerCluster brokers(1, 3,
                        {{"leader.imbalance.check.interval.seconds", "20"}, {"auto.leader.rebalance.enable", "false"}});
  depose_the_preferred(brokers);
  ASSERT_TRUE(brokers.as_client(
      [&](Host& host, ClusterClient& cluster) { EXPECT_FALSE(leads(host, cluster, "t", 1, seconds(80))); }));
  ASSERT_TRUE(brokers.stop());
}

}  // namespace
}  // namespace fulmar
