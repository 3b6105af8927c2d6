// Brokers that stop in order transfer their leaderships first; and never wait long for each other.
#include "tests/server/cluster_kit.h"

namespace fulmar {
namespace {

TEST(OrderlyStop, LeavesNothingToBeElected) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    BrokerCluster brokers(seed, 3);
    ASSERT_TRUE(brokers.all_ready());
    Chronicle chronicle;
    int stopped = 1 + static_cast<int>(seed) % 3;  // sometimes the controller
    bool ended = false;
    ASSERT_TRUE(brokers.as_client([&](Host& host, ClusterClient& cluster) {
      create_topic(cluster, "t", 6);
      FiberGroup sending;
      for (std::int32_t partition = 0; partition < 6; ++partition)
        sending.spawn("send", [&, partition] {
          Producer producer(host, cluster, {});
          while (!ended) {
            chronicle.send(producer, "t", partition);
            host.clock().sleep_for(milliseconds(10));
          }
        });
      host.clock().sleep_for(seconds(3));
      brokers.world.at(brokers.world.now(), [&] { brokers.broker(stopped).request_stop(); });
      auto asked = host.clock().now();
      while (brokers.broker(stopped).running()) host.clock().sleep_for(milliseconds(1));
      EXPECT_LT((host.clock().now() - asked).count(), Duration(seconds(2)).count());
      // Others lead everything at once, not only after an election timeout.
      int other = 1 + stopped % 3;
      ClusterClient survivor(host, {.bootstrap = {brokers.address(other, 9092)}});
      auto metadata = survivor.metadata(std::vector<std::string>{"t"});
      ASSERT_TRUE(metadata.has_value());
      EXPECT_NE(metadata->controller_id, stopped);
      EXPECT_GT(metadata->controller_id, 0);
      for (const auto& partition : metadata->topics.at(0).partitions) {
        EXPECT_NE(partition.leader_id, stopped) << "partition " << partition.index;
        EXPECT_GT(partition.leader_id, 0) << "partition " << partition.index;
      }
      host.clock().sleep_for(seconds(1));
      ended = true;
      sending.join();
    }));
    EXPECT_EQ(brokers.broker(stopped).exit_code(), 0);
    brokers.start(stopped);
    ASSERT_TRUE(brokers.all_ready());
    ASSERT_TRUE(brokers.as_client([&](Host& host, ClusterClient& cluster) {
      std::size_t shown = 0;
      for (int look = 0; look < 50 && shown != 3; ++look) {
        if (auto metadata = cluster.metadata(std::nullopt)) shown = metadata->brokers.size();
        host.clock().sleep_for(milliseconds(100));
      }
      EXPECT_EQ(shown, 3u);
    }));
    brokers.world.run_for(seconds(5));
    ASSERT_TRUE(brokers.stop());
    for (int id = 1; id <= 3; ++id)
      for (std::int32_t partition = 0; partition < 6; ++partition) {
        auto found = brokers.records_of(id, "t", partition);
        ASSERT_TRUE(found.has_value());
        chronicle.expect_in(*found, partition, "broker " + std::to_string(id));
      }
  }
}

TEST(OrderlyStop, OfSeveralAtOnceEnds) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    BrokerCluster brokers(seed, 3);
    ASSERT_TRUE(brokers.all_ready());
    ASSERT_TRUE(brokers.as_client([&](Host&, ClusterClient& cluster) { create_topic(cluster, "t", 6); }));
    auto asked = brokers.world.now();
    for (int id = 1; id <= (seed % 2 == 0 ? 2 : 3); ++id) brokers.broker(id).request_stop();
    ASSERT_TRUE(brokers.world.run_until([&] { return !brokers.broker(1).running() && !brokers.broker(2).running(); },
                                        asked + seconds(12)));
    ASSERT_TRUE(brokers.stop());
  }
}

TEST(OrderlyStop, OfABrokerThatNeverFoundItsClusterIsNoReadiness) {
  BrokerCluster brokers(1, 3);
  ASSERT_TRUE(brokers.all_ready());
  ASSERT_TRUE(brokers.stop());
  brokers.start(1);
  brokers.world.run_for(seconds(5));
  brokers.broker(1).request_stop();
  EXPECT_TRUE(brokers.world.run_until([&] { return !brokers.broker(1).running(); }, brokers.world.now() + seconds(20)));
  EXPECT_EQ(brokers.broker(1).exit_code(), 0);
  EXPECT_FALSE(brokers.ready.contains(1));
}

}  // namespace
}  // namespace fulmar
