// Leader epochs, as clients see them: where an epoch ends (KIP-101), outdated and future epochs (KIP-320), and
// diverging logs.
#include <gtest/gtest.h>

#include "broker/protocol/messages/fetch.h"
#include "broker/protocol/messages/offset_for_leader_epoch.h"
#include "tests/server/cluster_kit.h"

namespace fulmar {
namespace {

using EpochEnd = OffsetForLeaderEpochResponse::Topic::Partition;

EpochEnd ask_epoch(ClusterClient& cluster, std::int32_t broker, Epoch asked, Epoch claimed = -1) {
  auto connection = cluster.broker(broker, Deadline::never());
  EXPECT_TRUE(connection.has_value());
  OffsetForLeaderEpochRequest request;
  request.replica_id = -1;
  request.topics.push_back({"t", {{0, claimed, asked}}});
  auto response = (*connection)->call<OffsetForLeaderEpochResponse>(request, Deadline::never());
  EXPECT_TRUE(response.has_value());
  return response->topics.at(0).partitions.at(0);
}

FetchResponse::Topic::Partition fetch_after(ClusterClient& cluster, std::int32_t broker, Offset offset, Epoch last) {
  auto connection = cluster.broker(broker, Deadline::never());
  EXPECT_TRUE(connection.has_value());
  FetchRequest request;
  request.max_wait_ms = 5000;
  FetchRequest::Topic::Partition partition;
  partition.fetch_offset = offset;
  partition.last_fetched_epoch = last;
  partition.max_bytes = 1 << 20;
  request.topics.push_back({"t", {}, {partition}});
  auto response = (*connection)->call<FetchResponse>(request, Deadline::never(), 12);
  EXPECT_TRUE(response.has_value());
  return response->topics.at(0).partitions.at(0);
}

// Three records in the first epoch, a new leader, three in the second.
struct TwoEpochs {
  explicit TwoEpochs(std::function<void(Host&, ClusterClient&, TwoEpochs&)> body) {
    EXPECT_TRUE(brokers.all_ready());
    EXPECT_TRUE(brokers.as_client([&](Host& host, ClusterClient& cluster) {
      create_topic(cluster, "t", 1);
      for (int i = 0; i < 3; ++i) EXPECT_EQ(produce_once(cluster, "t", "old"), ErrorCode::none);
      old_leader = cluster.leader_of("t", 0, Deadline::never()).value();
      old_epoch = cluster.topic("t")->partitions.at(0).leader_epoch;
      brokers.from_outside(host, [&] { brokers.broker(old_leader).kill(); });
      for (int i = 0; i < 3; ++i) EXPECT_EQ(produce_once(cluster, "t", "new"), ErrorCode::none);
      leader = cluster.leader_of("t", 0, Deadline::never()).value();
      ASSERT_NE(leader, old_leader);
      auto described = cluster.topic("t")->partitions.at(0);
      epoch = described.leader_epoch;
      ASSERT_GT(epoch, old_epoch);
      other = 6 - leader - old_leader;
      body(host, cluster, *this);
    }));
  }
  BrokerCluster brokers{5};
  std::int32_t old_leader = 0, leader = 0, other = 0;
  Epoch old_epoch = 0, epoch = 0;
};

TEST(LeaderEpoch, EndsWhereTheNextBegan) {
  TwoEpochs([](Host&, ClusterClient& cluster, TwoEpochs& it) {
    auto old_end = ask_epoch(cluster, it.leader, it.old_epoch);
    EXPECT_EQ(old_end.error_code, ErrorCode::none);
    EXPECT_EQ(old_end.leader_epoch, it.old_epoch);
    EXPECT_EQ(old_end.end_offset, 3);
    auto end = ask_epoch(cluster, it.leader, it.epoch, it.epoch);
    EXPECT_EQ(end.error_code, ErrorCode::none);
    EXPECT_EQ(end.leader_epoch, it.epoch);
    EXPECT_GE(end.end_offset, 6) << "the new leader may have begun with a record of its own";
    EXPECT_LE(end.end_offset, 7);
    for (Epoch unknown : {-1, it.epoch + 1}) {
      auto none = ask_epoch(cluster, it.leader, unknown);
      EXPECT_EQ(none.error_code, ErrorCode::none);
      EXPECT_EQ(none.leader_epoch, -1);
      EXPECT_EQ(none.end_offset, -1);
    }
  });
}

TEST(LeaderEpoch, WhoIsBehindIsFencedWhoIsAheadIsTold) {
  TwoEpochs([](Host&, ClusterClient& cluster, TwoEpochs& it) {
    EXPECT_EQ(ask_epoch(cluster, it.leader, 0, it.old_epoch).error_code, ErrorCode::fenced_leader_epoch);
    EXPECT_EQ(ask_epoch(cluster, it.leader, 0, it.epoch + 1).error_code, ErrorCode::unknown_leader_epoch);
    EXPECT_EQ(ask_epoch(cluster, it.other, 0, it.epoch).error_code, ErrorCode::not_leader_or_follower);
  });
}

TEST(LeaderEpoch, AFetchIsToldWhereItsReadersLogPartsFromTheLeaders) {
  TwoEpochs([](Host& host, ClusterClient& cluster, TwoEpochs& it) {
    auto agrees = fetch_after(cluster, it.leader, 3, it.old_epoch);
    EXPECT_EQ(agrees.diverging_epoch.epoch, -1);
    EXPECT_FALSE(agrees.records.empty());
    auto begun = host.clock().now();
    auto parts = fetch_after(cluster, it.leader, 5, it.old_epoch);
    EXPECT_EQ(parts.error_code, ErrorCode::none);
    EXPECT_EQ(parts.diverging_epoch.epoch, it.old_epoch);
    EXPECT_EQ(parts.diverging_epoch.end_offset, 3);
    EXPECT_TRUE(parts.records.empty());
    EXPECT_LT(host.clock().now() - begun, seconds(1)) << "that is news enough";
    EXPECT_EQ(fetch_after(cluster, it.leader, 3, it.epoch + 5).error_code, ErrorCode::offset_out_of_range);
  });
}

}  // namespace
}  // namespace fulmar
