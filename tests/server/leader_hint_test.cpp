// Hints of the current leader (KIP-951).
#include <gtest/gtest.h>

#include <algorithm>

#include "broker/protocol/messages/fetch.h"
#include "broker/protocol/messages/metadata.h"
#include "tests/server/cluster_kit.h"

namespace fulmar {
namespace {

struct LeaderHint : testing::Test {
  // Runs the body with one topic, and a broker that doesn't lead it.
  void with_topic(std::function<void(Host&, ClusterClient&)> body) {
    ASSERT_TRUE(brokers.all_ready());
    ASSERT_TRUE(brokers.as_client([&](Host& host, ClusterClient& cluster) {
      create_topic(cluster, "t", 1);
      EXPECT_EQ(produce_once(cluster, "t", "first"), ErrorCode::none);
      await_all_know(host, cluster);
      learn(cluster);
      body(host, cluster);
    }));
  }
  // Leaders announce themselves without waiting for the others; an announcement that is lost with its connection, while
  // a cluster is new, is repeated.
  void await_all_know(Host& host, ClusterClient& cluster) {
    MetadataRequest request;
    request.topics.emplace();
    request.topics->push_back({{}, "t"});
    for (std::int32_t id = 1; id <= 3; ++id) {
      auto knows = [&] {
        auto connection = cluster.broker(id, Deadline::never());
        auto said = (*connection)->call<MetadataResponse>(request, Deadline::never());
        const auto& partitions = said.value().topics.at(0).partitions;
        return !partitions.empty() && partitions[0].leader_id > 0;  // the broker may not know the topic yet
      };
      auto give_up = host.clock().now() + seconds(10);
      while (!knows() && host.clock().now() < give_up) host.clock().sleep_for(milliseconds(10));
      ASSERT_TRUE(knows()) << "broker " << id;
    }
  }
  void learn(ClusterClient& cluster) {
    auto described = cluster.topic("t");
    topic_id = described->topic_id;
    leader = described->partitions.at(0).leader_id;
    epoch = described->partitions.at(0).leader_epoch;
    other = leader == 1 ? 2 : 1;
  }
  ProduceResponse produce_at(ClusterClient& cluster, std::int32_t broker, std::int16_t version) {
    ProduceRequest request;
    request.acks = -1;
    request.timeout_ms = 5000;
    request.topics.push_back({"t", {{0, ByteChain(build_batch({{std::nullopt, "x", World::epoch_ms, {}}}))}}});
    return (*cluster.broker(broker, Deadline::never()))
        ->call<ProduceResponse>(request, Deadline::never(), version)
        .value();
  }
  FetchResponse fetch_at(ClusterClient& cluster, std::int32_t broker, Epoch claimed, std::int16_t version = 17) {
    FetchRequest request;
    FetchRequest::Topic::Partition partition;
    partition.current_leader_epoch = claimed;
    partition.max_bytes = 1000;
    request.topics.push_back({"t", topic_id, {partition}});
    return (*cluster.broker(broker, Deadline::never()))
        ->call<FetchResponse>(request, Deadline::never(), version)
        .value();
  }

  BrokerCluster brokers{1};
  Uuid topic_id;
  std::int32_t leader = 0, other = 0;
  Epoch epoch = -1;
};

TEST_F(LeaderHint, AProduceAtTheWrongBrokerIsToldTheRightOne) {
  with_topic([&](Host&, ClusterClient& cluster) {
    auto response = produce_at(cluster, other, 10);
    const auto& out = response.topics.at(0).partitions.at(0);
    EXPECT_EQ(out.error_code, ErrorCode::not_leader_or_follower);
    EXPECT_EQ(out.current_leader.leader_id, leader);
    EXPECT_EQ(out.current_leader.leader_epoch, epoch);
    ASSERT_EQ(response.node_endpoints.size(), 1u);
    EXPECT_EQ(response.node_endpoints[0].node_id, leader);
    EXPECT_EQ(response.node_endpoints[0].host, brokers.broker(leader).address());
    EXPECT_EQ(response.node_endpoints[0].port, 9092);
    auto right = produce_at(cluster, leader, 10);
    EXPECT_EQ(right.topics.at(0).partitions.at(0).current_leader.leader_id, -1);
    EXPECT_TRUE(right.node_endpoints.empty());
  });
}

TEST_F(LeaderHint, AFetchIsToldOnlyOfALeaderLaterThanItsOwn) {
  with_topic([&](Host&, ClusterClient& cluster) {
    auto response = fetch_at(cluster, other, -1);
    EXPECT_EQ(response.topics.at(0).partitions.at(0).error_code, ErrorCode::not_leader_or_follower);
    EXPECT_EQ(response.topics.at(0).partitions.at(0).current_leader.leader_id, leader);
    EXPECT_EQ(response.node_endpoints.size(), 1u);
    auto knows = fetch_at(cluster, other, epoch);
    EXPECT_EQ(knows.topics.at(0).partitions.at(0).error_code, ErrorCode::not_leader_or_follower);
    EXPECT_EQ(knows.topics.at(0).partitions.at(0).current_leader.leader_id, -1);
    EXPECT_TRUE(knows.node_endpoints.empty());
    auto old_version = fetch_at(cluster, other, -1, 15);
    EXPECT_EQ(old_version.topics.at(0).partitions.at(0).current_leader.leader_id, -1);
  });
}

TEST_F(LeaderHint, WhoIsFencedIsToldOfTheLeaderThatFencedIt) {
  with_topic([&](Host& host, ClusterClient& cluster) {
    auto before = epoch;
    brokers.from_outside(host, [&] { brokers.broker(leader).kill(); });
    EXPECT_EQ(produce_once(cluster, "t", "second"), ErrorCode::none);
    learn(cluster);
    auto response = fetch_at(cluster, leader, before);
    EXPECT_EQ(response.topics.at(0).partitions.at(0).error_code, ErrorCode::fenced_leader_epoch);
    EXPECT_EQ(response.topics.at(0).partitions.at(0).current_leader.leader_id, leader);
    EXPECT_EQ(response.topics.at(0).partitions.at(0).current_leader.leader_epoch, epoch);
    EXPECT_EQ(response.node_endpoints.size(), 1u);
  });
}

}  // namespace
}  // namespace fulmar
