// Damaged sectors in one of three replicas: it gets its lost records from the others, and nothing wrong is ever read.
#include <gtest/gtest.h>

#include "broker/client/producer.h"
#include "tests/log/log_test_kit.h"
#include "tests/server/cluster_kit.h"

namespace fulmar {
namespace {

const Properties settings{{"log.flush.offset.checkpoint.interval.ms", "500"}, {"log.segment.bytes", "4000"}};

struct Damage {
  explicit Damage(std::uint64_t seed) : brokers(seed, 3, settings) {}

  // Sends so many records, each until it is acknowledged.
  void produce(Host& host, ClusterClient& cluster, int count) {
    Producer producer(host, cluster, {});
    for (int i = 0; i < count; ++i) {
      auto value = "record " + std::to_string(acknowledged.size()) + std::string(100, '.');
      auto delivery = producer.send("t", 0, {{std::nullopt, value, World::epoch_ms, {}}});
      ASSERT_EQ(delivery.outcome, Delivery::Outcome::ok);
      acknowledged[delivery.base_offset] = value;
    }
  }
  // The files of a broker's log of the topic, by offset.
  std::vector<std::string> segments(int broker) {
    std::vector<std::string> found;
    for (const auto& [path, file] : brokers.broker(broker).disk().image().files())
      if (path.starts_with("t-0/") && path.ends_with(".log") && !file->current().empty()) found.push_back(path);
    return found;
  }
  void expect_all_on_all() {
    ASSERT_TRUE(brokers.stop());
    for (int id = 1; id <= 3; ++id) {
      run_process(brokers.world, brokers.broker(id), [&](Host& host) {
        LogContext context(host, {});
        auto log = PartitionLog::open(context, "t-0", {}, false);
        ASSERT_TRUE(log.has_value()) << "broker " << id;
        std::map<Offset, std::string> found;
        for (const auto& record : read_all(**log, 0))
          if (record.value) found[record.offset] = record.value->view();
        for (const auto& [offset, value] : acknowledged) ASSERT_EQ(found[offset], value) << "broker " << id;
      });
    }
  }

  BrokerCluster brokers;
  std::map<Offset, std::string> acknowledged;
};

TEST(Damage, IsRepairedFromTheOthersAfterARestart) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Damage it(seed);
    ASSERT_TRUE(it.brokers.all_ready());
    int victim = 1 + static_cast<int>(seed % 3);
    ASSERT_TRUE(it.brokers.as_client([&](Host& host, ClusterClient& cluster) {
      create_topic(cluster, "t", 1);
      it.produce(host, cluster, 100);
      host.clock().sleep_for(seconds(2));
      auto& node = it.brokers.broker(victim);
      it.brokers.from_outside(host, [&] {
        node.power_loss();
        // The start reads only the last segment; its undamaged part may be empty.
        auto last = it.segments(victim).back();
        auto size = node.disk().image().find(last)->file->current().size();
        node.disk().damage(last, seed * 512 % size);
        it.brokers.start(victim);
      });
      it.produce(host, cluster, 50);
      host.clock().sleep_for(seconds(5));
    })) << "seed "
        << seed;
    it.expect_all_on_all();
    if (testing::Test::HasFailure()) FAIL() << "seed " << seed;
  }
}

TEST(Damage, ThatALeaderFindsWhileItFeedsAFollowerMakesAnotherLeadAndIsRepaired) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Damage it(seed);
    ASSERT_TRUE(it.brokers.all_ready());
    ASSERT_TRUE(it.brokers.as_client([&](Host& host, ClusterClient& cluster) {
      create_topic(cluster, "t", 1);
      it.produce(host, cluster, 1);
      auto leader = cluster.leader_of("t", 0, Deadline::never()).value_or(-1);
      auto late = leader == 1 ? 2 : 1;
      it.brokers.from_outside(host, [&] { it.brokers.broker(late).kill(); });
      it.produce(host, cluster, 150);
      host.clock().sleep_for(seconds(2));
      // Records that the late broker lacks, in a segment that is closed.
      it.brokers.from_outside(host, [&] {
        it.brokers.broker(leader).disk().damage(it.segments(leader).at(2), 600);
        it.brokers.start(late);
      });
      host.clock().sleep_for(seconds(5));
      it.produce(host, cluster, 10);
      EXPECT_NE(cluster.leader_of("t", 0, Deadline::never()).value_or(-1), leader);
      // Repaired at its next start, or without one.
      if (seed % 2 == 0) {
        it.brokers.from_outside(host, [&] {
          it.brokers.broker(leader).kill();
          it.brokers.start(leader);
        });
      }
      it.produce(host, cluster, 10);
      host.clock().sleep_for(seconds(10));
    })) << "seed "
        << seed;
    it.expect_all_on_all();
    if (testing::Test::HasFailure()) FAIL() << "seed " << seed;
  }
}

// The directory's topic is unknown then: it is set aside, and the others send its records again.
TEST(Damage, OrLossOfTheFileThatNamesItsTopicRemovesNothing) {
  for (bool lost : {false, true}) {
    SCOPED_TRACE(lost ? "lost" : "damaged");
    Damage it(1);
    ASSERT_TRUE(it.brokers.all_ready());
    auto& disk = it.brokers.broker(2).disk();
    std::vector<std::string> contents;
    ASSERT_TRUE(it.brokers.as_client([&](Host& host, ClusterClient& cluster) {
      create_topic(cluster, "t", 1);
      it.produce(host, cluster, 50);
      it.brokers.from_outside(host, [&] {
        it.brokers.broker(2).power_loss();
        for (const auto& path : it.segments(2)) contents.push_back(disk.image().find(path)->file->current());
        if (lost)
          disk.image().unlink(disk.image().directory("t-0"), "partition.metadata");
        else
          disk.damage("t-0/partition.metadata", 0);
        it.brokers.start(2);
      });
      host.clock().sleep_for(seconds(5));
    }));
    std::vector<std::string> set_aside;
    for (const auto& [path, file] : disk.image().files())
      if (path.starts_with("t-0.") && path.find("-stray/") != std::string::npos && path.ends_with(".log") &&
          !file->current().empty())
        set_aside.push_back(file->current());
    EXPECT_GE(contents.size(), 1u);
    EXPECT_EQ(set_aside, contents);
    it.expect_all_on_all();
  }
}

TEST(Damage, OfTheMetadataLogIsRepairedToo) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Damage it(seed);
    ASSERT_TRUE(it.brokers.all_ready());
    int victim = 1 + static_cast<int>(seed % 3);
    ASSERT_TRUE(it.brokers.as_client([&](Host& host, ClusterClient& cluster) {
      create_topic(cluster, "t", 1);
      host.clock().sleep_for(seconds(2));
      it.brokers.ready.erase(victim);
      it.brokers.from_outside(host, [&] {
        auto& node = it.brokers.broker(victim);
        node.power_loss();
        for (const auto& [path, file] : node.disk().image().files())
          if (path.starts_with("__cluster_metadata") && path.ends_with(".log")) node.disk().damage(path, 0);
        it.brokers.start(victim);
      });
      it.produce(host, cluster, 20);
      host.clock().sleep_for(seconds(5));
      EXPECT_TRUE(it.brokers.ready.contains(victim));
    }));
    it.expect_all_on_all();
    if (testing::Test::HasFailure()) FAIL() << "seed " << seed;
  }
}

}  // namespace
}  // namespace fulmar
