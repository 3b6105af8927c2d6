// min.insync.replicas: what acks=all waits for beyond a majority, and when it is refused.
#include <gtest/gtest.h>

#include "runtime/host/clock.h"
#include "tests/log/log_test_kit.h"
#include "tests/server/cluster_kit.h"

namespace fulmar {
namespace {

constexpr auto lag_max = seconds(4);
const Properties lag_settings{{"replica.lag.time.max.ms", "4000"}};

// Creates a topic with that min.insync.replicas, whose leader knows that all are in sync.
void make_topic(ClusterClient& cluster, const std::string& name, int min_in_sync) {
  create_topic(cluster, name, 1, {{"min.insync.replicas", std::to_string(min_in_sync)}});
  EXPECT_EQ(produce_once(cluster, name, "first"), ErrorCode::none);
}

std::size_t in_sync(ClusterClient& cluster, const std::string& topic) {
  auto described = cluster.topic(topic);
  return described ? described->partitions.at(0).isr_nodes.size() : 0;
}

std::int32_t leader_of(ClusterClient& cluster, const std::string& topic) {
  return cluster.leader_of(topic, 0, Deadline::never()).value_or(-1);
}

TEST(MinInsyncReplicas, AllThreeKeepWhatAllThreeMust) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    BrokerCluster brokers(seed, 3, lag_settings);
    ASSERT_TRUE(brokers.all_ready());
    ASSERT_TRUE(brokers.as_client([&](Host& host, ClusterClient& cluster) {
      make_topic(cluster, "t", 3);
      for (int i = 0; i < 5; ++i) EXPECT_EQ(produce_once(cluster, "t", "kept " + std::to_string(i)), ErrorCode::none);
      brokers.from_outside(host, [&] {
        for (int id = 1; id <= 3; ++id) brokers.broker(id).power_loss();
      });
    }));
    for (int id = 1; id <= 3; ++id) {
      run_process(brokers.world, brokers.broker(id), [&](Host& host) {
        LogContext context(host, {});
        auto log = PartitionLog::open(context, "t-0", {}, false);
        ASSERT_TRUE(log.has_value());
        std::size_t found = 0;
        for (const auto& record : read_all(**log, 0)) found += record.value->view().starts_with("kept") ? 1 : 0;
        EXPECT_EQ(found, 5u) << "seed " << seed << " broker " << id;
      });
    }
  }
}

TEST(MinInsyncReplicas, OneThatIsMissingHoldsUpAcksAllThenFallsOutThenIsMissed) {
  BrokerCluster brokers(1, 3, lag_settings);
  ASSERT_TRUE(brokers.all_ready());
  ASSERT_TRUE(brokers.as_client([&](Host& host, ClusterClient& cluster) {
    make_topic(cluster, "t", 3);
    auto leader = leader_of(cluster, "t");
    EXPECT_EQ(in_sync(cluster, "t"), 3u);
    auto missing = leader == 1 ? 2 : 1;
    brokers.from_outside(host, [&] { brokers.broker(missing).kill(); });

    EXPECT_EQ(produce_once(cluster, "t", "a", seconds(1)), ErrorCode::request_timed_out);
    auto begun = host.clock().now();
    EXPECT_EQ(produce_once(cluster, "t", "b", seconds(20)), ErrorCode::not_enough_replicas_after_append);
    EXPECT_LE(host.clock().now() - begun, lag_max + seconds(1)) << "as soon as it is known to have fallen out";
    EXPECT_EQ(produce_once(cluster, "t", "c", seconds(20)), ErrorCode::not_enough_replicas);
    EXPECT_EQ(produce_once(cluster, "t", "d", seconds(20), 1), ErrorCode::none) << "acks=1 asks for nobody else";
    host.clock().sleep_for(seconds(2));
    EXPECT_EQ(in_sync(cluster, "t"), 2u) << "metadata says the same";

    brokers.from_outside(host, [&] { brokers.start(missing); });
    auto back = [&] { return produce_once(cluster, "t", "e", seconds(20)) == ErrorCode::none; };
    auto give_up = host.clock().now() + seconds(20);
    while (!back() && host.clock().now() < give_up) host.clock().sleep_for(milliseconds(100));
    EXPECT_TRUE(back());
    host.clock().sleep_for(seconds(2));
    EXPECT_EQ(in_sync(cluster, "t"), 3u);
  }));
}

// Long before replica.lag.time.max.ms, half a minute by default.
TEST(MinInsyncReplicas, AFencedBrokerDoesNotCount) {
  BrokerCluster brokers(4, 3);
  ASSERT_TRUE(brokers.all_ready());
  ASSERT_TRUE(brokers.as_client([&](Host& host, ClusterClient& cluster) {
    make_topic(cluster, "t", 3);
    auto missing = leader_of(cluster, "t") == 1 ? 2 : 1;
    brokers.from_outside(host, [&] { brokers.broker(missing).kill(); });
    auto died = host.clock().now();

    EXPECT_EQ(produce_once(cluster, "t", "a", seconds(25)), ErrorCode::not_enough_replicas_after_append);
    EXPECT_GT(host.clock().now() - died, seconds(6)) << "it is fenced when its session is over";
    EXPECT_LT(host.clock().now() - died, seconds(20));
    EXPECT_EQ(produce_once(cluster, "t", "b", seconds(1)), ErrorCode::not_enough_replicas);
    EXPECT_EQ(produce_once(cluster, "t", "c", seconds(1), 1), ErrorCode::none);
    EXPECT_EQ(in_sync(cluster, "t"), 2u) << "metadata says the same";

    brokers.from_outside(host, [&] { brokers.start(missing); });
    auto give_up = host.clock().now() + seconds(20);
    auto error = ErrorCode::not_enough_replicas;
    while (error != ErrorCode::none && host.clock().now() < give_up) {
      error = produce_once(cluster, "t", "d", seconds(20));
      if (error != ErrorCode::none) host.clock().sleep_for(milliseconds(100));
    }
    EXPECT_EQ(error, ErrorCode::none) << "back, and counted again";
  }));
}

TEST(MinInsyncReplicas, AMajorityGoesOnWithoutTheThird) {
  BrokerCluster brokers(2, 3, lag_settings);
  ASSERT_TRUE(brokers.all_ready());
  ASSERT_TRUE(brokers.as_client([&](Host& host, ClusterClient& cluster) {
    make_topic(cluster, "t", 2);
    auto missing = leader_of(cluster, "t") == 1 ? 2 : 1;
    brokers.from_outside(host, [&] { brokers.broker(missing).kill(); });
    auto end = host.clock().now() + 2 * lag_max;
    while (host.clock().now() < end) {
      EXPECT_EQ(produce_once(cluster, "t", "more"), ErrorCode::none);
      host.clock().sleep_for(milliseconds(500));
    }
  }));
}

TEST(MinInsyncReplicas, MoreThanThereAreMeansAll) {
  BrokerCluster brokers(3, 3, lag_settings);
  ASSERT_TRUE(brokers.all_ready());
  ASSERT_TRUE(brokers.as_client([&](Host&, ClusterClient& cluster) { make_topic(cluster, "t", 7); }));
}

}  // namespace
}  // namespace fulmar
