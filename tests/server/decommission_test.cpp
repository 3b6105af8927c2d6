// Decommissioned brokers: their replicas are elsewhere first, and they do not come back.
#include <algorithm>

#include "broker/protocol/messages/quorum.h"
#include "broker/protocol/messages/unregister_broker.h"
#include "tests/server/cluster_kit.h"

namespace fulmar {
namespace {

ErrorCode unregister(ClusterClient& cluster, int broker) {
  auto response = ask_controller<UnregisterBrokerResponse>(cluster, UnregisterBrokerRequest{broker});
  EXPECT_TRUE(response.has_value());
  return response ? response->error_code : ErrorCode::unknown_server_error;
}

bool gone(Host& host, ClusterClient& cluster, int broker) {
  for (int look = 0; look < 300; ++look) {
    if (unregister(cluster, broker) == ErrorCode::broker_id_not_registered) return true;
    host.clock().sleep_for(milliseconds(100));
  }
  return false;
}

bool mentions(const MetadataResponse::Topic& topic, int broker) {
  return std::ranges::any_of(topic.partitions, [broker](const auto& partition) {
    return std::ranges::find(partition.replica_nodes, broker) != partition.replica_nodes.end();
  });
}

TEST(Decommission, MovesEverythingAwayFirst) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    BrokerCluster brokers(seed, 4);
    ASSERT_TRUE(brokers.all_ready());
    int leaver = 1 + static_cast<int>(seed) % 4;  // sometimes the controller
    bool dead = seed > 4;                         // it need not be alive
    Chronicle chronicle;
    ASSERT_TRUE(brokers.as_client([&](Host& host, ClusterClient& cluster) {
      create_topic(cluster, "t", 4);
      Producer producer(host, cluster, {});
      for (int i = 0; i < 80; ++i) chronicle.send(producer, "t", i % 4);
    }));
    if (dead) brokers.broker(leaver).power_loss();
    ASSERT_TRUE(brokers.as_client([&](Host& host, ClusterClient& cluster) {
      EXPECT_EQ(unregister(cluster, leaver), ErrorCode::none);
      EXPECT_TRUE(gone(host, cluster, leaver));
    }));
    if (dead) brokers.start(leaver);
    EXPECT_TRUE(
        brokers.world.run_until([&] { return !brokers.broker(leaver).running(); }, brokers.world.now() + seconds(20)))
        << "it goes on";
    EXPECT_NE(brokers.failures[leaver].find("unregistered"), std::string::npos) << brokers.failures[leaver];
    ASSERT_TRUE(brokers.as_client([&](Host& host, ClusterClient& cluster) {
      auto topic = cluster.topic("t");
      // The controller has made the change; the broker that is asked may learn of it a moment later.
      for (int look = 0; look < 100 && topic && mentions(*topic, leaver); ++look) {
        host.clock().sleep_for(milliseconds(10));
        topic = cluster.topic("t");
      }
      ASSERT_TRUE(topic.has_value());
      for (const auto& partition : topic->partitions) {
        EXPECT_EQ(partition.replica_nodes.size(), 3u);
        for (auto id : partition.replica_nodes) EXPECT_NE(id, leaver);
      }
      // Three brokers remain for three replicas each.
      EXPECT_EQ(unregister(cluster, 1 + leaver % 4), ErrorCode::invalid_replication_factor);
    }));
    brokers.world.run_for(seconds(3));
    ASSERT_TRUE(brokers.stop());
    EXPECT_EQ(chronicle.size(), 80u);
    for (int id = 1; id <= 4; ++id)
      for (std::int32_t partition = 0; partition < 4 && id != leaver; ++partition) {
        auto found = brokers.records_of(id, "t", partition);
        ASSERT_TRUE(found.has_value());
        chronicle.expect_in(*found, partition, "broker " + std::to_string(id));
      }
  }
}

TEST(Decommission, TheIdMayBeTakenByANewBroker) {
  BrokerCluster brokers(1, 4);
  ASSERT_TRUE(brokers.all_ready());
  ASSERT_TRUE(brokers.as_client([&](Host& host, ClusterClient& cluster) {
    EXPECT_EQ(unregister(cluster, 9), ErrorCode::broker_id_not_registered);
    EXPECT_EQ(unregister(cluster, 4), ErrorCode::none);
    EXPECT_TRUE(gone(host, cluster, 4));
  }));
  ASSERT_TRUE(brokers.world.run_until([&] { return !brokers.broker(4).running(); }, brokers.world.now() + seconds(20)));
  brokers.lose_disk(4);
  brokers.start(4);
  EXPECT_TRUE(brokers.all_ready());
  // It is in controller.quorum.voters, and becomes a controller again without a request.
  std::set<std::int32_t> voters;
  ASSERT_TRUE(brokers.as_client([&](Host& host, ClusterClient& cluster) {
    for (int look = 0; look < 100 && !voters.contains(4); ++look) {
      DescribeQuorumRequest request;
      request.topics.push_back({"__cluster_metadata", {{0}}});
      voters.clear();
      if (auto quorum = ask_controller<DescribeQuorumResponse>(cluster, request))
        for (const auto& voter : quorum->topics.at(0).partitions.at(0).voters) voters.insert(voter.replica_id);
      host.clock().sleep_for(milliseconds(100));
    }
  }));
  EXPECT_EQ(voters, (std::set<std::int32_t>{1, 2, 3, 4}));
  ASSERT_TRUE(brokers.stop());
}

}  // namespace
}  // namespace fulmar
