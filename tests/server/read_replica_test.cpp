// Consumers that read from a replica in their rack (KIP-392).
#include <gtest/gtest.h>

#include "broker/client/topic_reader.h"
#include "broker/protocol/messages/fetch.h"
#include "tests/server/cluster_kit.h"

namespace fulmar {
namespace {

using Fetched = FetchResponse::Topic::Partition;

const Properties rack_aware{{"replica.selector.class", "org.apache.kafka.common.replica.RackAwareReplicaSelector"},
                            {"replica.lag.time.max.ms", "3000"}};

struct ReadReplica : testing::Test {
  // Runs the body with one topic of a few records, which all brokers have.
  void with_topic(const Properties& settings, std::function<void(Host&, ClusterClient&)> body) {
    brokers.emplace(7, 3, settings);
    ASSERT_TRUE(brokers->all_ready());
    ASSERT_TRUE(brokers->as_client([&](Host& host, ClusterClient& cluster) {
      create_topic(cluster, "t", 1, {{"min.insync.replicas", "3"}});
      for (int i = 0; i < 3; ++i) EXPECT_EQ(produce_once(cluster, "t", "x"), ErrorCode::none);
      leader = cluster.leader_of("t", 0, Deadline::never()).value_or(-1);
      follower = leader == 1 ? 2 : 1;
      body(host, cluster);
    }));
  }
  Fetched fetch(ClusterClient& cluster, std::int32_t broker, Offset offset, const std::string& rack,
                std::int32_t wait_ms = 0, std::int16_t version = 12) {
    FetchRequest request;
    request.max_wait_ms = wait_ms;
    request.min_bytes = 1;
    request.rack_id = rack;
    FetchRequest::Topic::Partition partition;
    partition.fetch_offset = offset;
    partition.max_bytes = 1 << 20;
    request.topics.push_back({"t", {}, {partition}});
    auto connection = cluster.broker(broker, Deadline::never());
    EXPECT_TRUE(connection.has_value());
    auto response = (*connection)->call<FetchResponse>(request, Deadline::never(), version);
    EXPECT_TRUE(response.has_value());
    return response->topics.at(0).partitions.at(0);
  }
  static std::string rack_of(std::int32_t broker) { return "rack-" + std::to_string(broker); }

  std::optional<BrokerCluster> brokers;
  std::int32_t leader = 0, follower = 0;
};

TEST_F(ReadReplica, TheLeaderSendsAConsumerToTheReplicaOfItsRack) {
  with_topic(rack_aware, [&](Host& host, ClusterClient& cluster) {
    auto begun = host.clock().now();
    auto sent = fetch(cluster, leader, 0, rack_of(follower), 5000);
    EXPECT_EQ(sent.error_code, ErrorCode::none);
    EXPECT_EQ(sent.preferred_read_replica, follower);
    EXPECT_TRUE(sent.records.empty());
    EXPECT_LT(host.clock().now() - begun, seconds(1)) << "there is nothing to wait for";
    EXPECT_EQ(fetch(cluster, leader, 1'000'000, rack_of(follower)).preferred_read_replica, -1) << "it has not got that";
    for (const auto& rack : {rack_of(leader), std::string("elsewhere"), std::string()}) {
      auto here = fetch(cluster, leader, 0, rack);
      EXPECT_EQ(here.preferred_read_replica, -1) << rack;
      EXPECT_FALSE(here.records.empty()) << rack;
    }
    EXPECT_FALSE(fetch(cluster, leader, 0, rack_of(follower), 0, 10).records.empty()) << "it can't be told";
  });
}

TEST_F(ReadReplica, AFollowerServesWhatIsCommittedAndWaitsForMore) {
  with_topic(rack_aware, [&](Host& host, ClusterClient& cluster) {
    host.clock().sleep_for(seconds(1));
    auto read = fetch(cluster, follower, 0, rack_of(follower));
    EXPECT_EQ(read.error_code, ErrorCode::none);
    EXPECT_EQ(read.high_watermark, 3);
    EXPECT_FALSE(read.records.empty());
    EXPECT_EQ(fetch(cluster, follower, 4, rack_of(follower)).error_code, ErrorCode::offset_out_of_range);

    FiberGroup later;
    later.spawn("produce", [&] {
      host.clock().sleep_for(seconds(2));
      ClusterClient other(host, brokers->client_options());
      EXPECT_EQ(produce_once(other, "t", "news"), ErrorCode::none);
    });
    auto begun = host.clock().now();
    auto news = fetch(cluster, follower, 3, rack_of(follower), 10'000);
    EXPECT_FALSE(news.records.empty());
    EXPECT_GE(host.clock().now() - begun, seconds(2));
    EXPECT_LT(host.clock().now() - begun, milliseconds(2500));
    later.join();
  });
}

TEST_F(ReadReplica, AFollowerThatIsAMomentBehindSaysSoOrCatchesUpMeanwhile) {
  with_topic(rack_aware, [&](Host&, ClusterClient& cluster) {
    int behind = 0;
    for (Offset end = 4; end < 24; ++end) {
      EXPECT_EQ(produce_once(cluster, "t", "x"), ErrorCode::none);
      auto now = fetch(cluster, follower, end, rack_of(follower));
      if (now.error_code == ErrorCode::offset_not_available) ++behind;
      auto waited = fetch(cluster, follower, end, rack_of(follower), 500);
      EXPECT_EQ(waited.error_code, ErrorCode::none);
      EXPECT_EQ(waited.high_watermark, end);
    }
    EXPECT_GT(behind, 0);
  });
}

TEST_F(ReadReplica, NobodyIsSentToAReplicaThatIsGoneNorServedByOneThatHasNoLeader) {
  with_topic(rack_aware, [&](Host& host, ClusterClient& cluster) {
    auto third = 6 - leader - follower;
    brokers->from_outside(host, [&] { brokers->broker(third).kill(); });
    host.clock().sleep_for(seconds(5));
    auto here = fetch(cluster, leader, 0, rack_of(third));
    EXPECT_EQ(here.preferred_read_replica, -1);
    EXPECT_FALSE(here.records.empty());
    brokers->from_outside(host, [&] { brokers->broker(leader).kill(); });
    host.clock().sleep_for(seconds(5));
    EXPECT_EQ(fetch(cluster, follower, 0, rack_of(follower)).error_code, ErrorCode::not_leader_or_follower);
  });
}

TEST_F(ReadReplica, AReaderThatTellsItsRackIsServedWhateverBecomesOfTheReplicaThere) {
  with_topic(rack_aware, [&](Host& host, ClusterClient& cluster) {
    TopicReader reader(host, cluster, "t", {{0, 0}}, {.rack = rack_of(follower)});
    auto read_up_to = [&](Offset end) {
      for (Offset next = 0; next < end;) next = reader.next().value().next;
    };
    read_up_to(3);
    FiberGroup later;
    later.spawn("kill and produce", [&] {
      host.clock().sleep_for(seconds(2));
      brokers->from_outside(host, [&] { brokers->broker(follower).kill(); });
      host.clock().sleep_for(seconds(2));
      ClusterClient other(host, brokers->client_options());
      EXPECT_EQ(produce_once(other, "t", "news", seconds(2), 1), ErrorCode::none);
    });
    read_up_to(4);
    later.join();
  });
}

TEST_F(ReadReplica, OnlyLeadersServeUnlessItIsSwitchedOn) {
  with_topic({}, [&](Host&, ClusterClient& cluster) {
    auto here = fetch(cluster, leader, 0, rack_of(follower));
    EXPECT_EQ(here.preferred_read_replica, -1);
    EXPECT_FALSE(here.records.empty());
    EXPECT_EQ(fetch(cluster, follower, 0, rack_of(follower)).error_code, ErrorCode::not_leader_or_follower);
  });
}

TEST_F(ReadReplica, NoFollowerServesWhatWasDeletedOrTellsThatItIsThere) {
  with_topic(rack_aware, [&](Host&, ClusterClient& cluster) {
    auto third = 6 - leader - follower;
    int told = 0;
    for (int round = 0; round < 100; ++round) {
      EXPECT_EQ(produce_once(cluster, "t", "x"), ErrorCode::none);
      DeleteRecordsRequest request;
      request.timeout_ms = 5000;
      request.topics.push_back({"t", {{0, -1}}});
      auto deleted = cluster.retry([&](Deadline deadline) -> Answer<DeleteRecordsResponse> {
        FULMAR_TRY(auto connection, cluster.leader("t", 0, deadline));
        return connection->call<DeleteRecordsResponse>(request, deadline);
      });
      ASSERT_TRUE(deleted.has_value());
      const auto& answer = deleted->topics.at(0).partitions.at(0);
      ASSERT_EQ(answer.error_code, ErrorCode::none);
      for (auto broker : {follower, third}) {
        auto read = fetch(cluster, broker, answer.low_watermark, rack_of(broker));
        if (read.error_code != ErrorCode::none) continue;  // it is about to delete them
        ++told;
        EXPECT_EQ(read.log_start_offset, answer.low_watermark) << "broker " << broker << ", round " << round;
        EXPECT_EQ(fetch(cluster, broker, answer.low_watermark - 1, rack_of(broker)).error_code,
                  ErrorCode::offset_out_of_range);
      }
    }
    EXPECT_GT(told, 0);
  });
}

}  // namespace
}  // namespace fulmar
