// DescribeProducers on several brokers: every replica tells of the producers that it knows, as kafka-transactions
// find-hanging asks (KIP-664).
#include "broker/protocol/messages/producers.h"

#include <gtest/gtest.h>

#include "broker/client/producer.h"
#include "tests/server/cluster_kit.h"

namespace fulmar {
namespace {

DescribeProducersResponse::Topic::Partition describe(ClusterClient& cluster, std::int32_t broker) {
  DescribeProducersRequest request;
  request.topics.push_back({"t", {0}});
  auto connection = cluster.broker(broker, Deadline::never());
  EXPECT_TRUE(connection.has_value());
  auto response = (*connection)->call<DescribeProducersResponse>(request, Deadline::never(), 0);
  EXPECT_TRUE(response.has_value());
  return response->topics.at(0).partitions.at(0);
}

TEST(DescribeProducers, FollowersTellOfThemAsTheLeaderDoes) {
  BrokerCluster brokers(7, 3);
  ASSERT_TRUE(brokers.all_ready());
  ASSERT_TRUE(brokers.as_client([&](Host& host, ClusterClient& cluster) {
    create_topic(cluster, "t", 1, {{"min.insync.replicas", "3"}});
    Producer producer(host, cluster, {});
    Chronicle sent;
    for (int i = 0; i < 3; ++i) sent.send(producer, "t", 0);
    ASSERT_EQ(sent.acknowledged[0].size(), 3u);
    host.clock().sleep_for(seconds(1));  // followers learn what is committed
    auto leader = cluster.leader_of("t", 0, Deadline::never()).value_or(-1);
    auto known = describe(cluster, leader);
    ASSERT_EQ(known.active_producers.size(), 1u);
    EXPECT_EQ(known.active_producers[0].last_sequence, 2);
    for (std::int32_t broker = 1; broker <= 3; ++broker) {
      auto told = describe(cluster, broker);
      EXPECT_EQ(told.error_code, ErrorCode::none) << "broker " << broker;
      ASSERT_EQ(told.active_producers.size(), 1u) << "broker " << broker;
      EXPECT_EQ(told.active_producers[0].producer_id, known.active_producers[0].producer_id);
      EXPECT_EQ(told.active_producers[0].last_sequence, 2);
    }
  }));
}

}  // namespace
}  // namespace fulmar
