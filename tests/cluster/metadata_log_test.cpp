// The metadata as a replicated log of records: committed changes are found again, with and without snapshots.
#include "broker/cluster/metadata_log.h"

#include <gtest/gtest.h>

#include "runtime/fiber/event.h"
#include "tests/log/log_test_kit.h"

namespace fulmar {
namespace {

const ReplicaId self{1, {1, 2}};

std::vector<PartitionImage> partitions(int count) {
  return std::vector<PartitionImage>(static_cast<std::size_t>(count), PartitionImage{{self, {2, {3, 4}}}});
}

TopicRecord topic(int number, int count = 3) {
  return {"topic" + std::to_string(number),
          {{9, static_cast<std::uint64_t>(number)}, partitions(count), {{"retention.ms", std::to_string(number)}}}};
}

// Shard 0 of a broker, as far as the metadata needs it.
struct Broker {
  explicit Broker(Host& host)
      : peers{self, [] { return std::string(); }, [](std::int32_t) { return std::nullopt; }},
        logs(host, {}),
        replicas(host, peers, {}),
        metadata(host, logs, replicas, peers, {.raft = {}, .bytes_between_snapshots = 1 << 20}) {}

  Result<void> open(Host& host) {
    FULMAR_TRY(auto stored, HardStateStore::load(host.disk()));
    FULMAR_TRY_VOID(replicas.open(stored.next_life, stored.states));
    return metadata.open({}, false);
  }
  void close() {
    metadata.stop();
    replicas.stop();
    logs.close();
  }

  Peers peers;
  LogManager logs;
  ReplicaManager replicas;
  MetadataLog metadata;
};

TEST(MetadataLog, WhatWasCommittedIsInTheNextLifesImage) {
  World world(1, LogLevel::error);
  auto& node = world.add_node("broker");
  std::string cluster_id;
  run_process(world, node, [&](Host& host) {
    Broker broker(host);
    ASSERT_TRUE(broker.open(host));
    cluster_id = broker.metadata.image()->cluster_id;
    EXPECT_FALSE(cluster_id.empty());
    int published = 0;
    broker.metadata.start([&](const MetadataImagePtr& image) { published += image->topics.size() == 2; },
                          [](std::int32_t) {});
    LockGuard held(broker.metadata.changing());
    ASSERT_TRUE(broker.metadata.commit({topic(1), topic(2)}));
    EXPECT_EQ(broker.metadata.wait_all_published(Deadline::never()), WaitResult::woken);
    EXPECT_EQ(published, 1);
    ASSERT_TRUE(broker.metadata.commit({DeleteTopicRecord{{9, 1}}}));
  });
  node.power_loss();
  run_process(world, node, [&](Host& host) {
    Broker broker(host);
    ASSERT_TRUE(broker.open(host));
    EXPECT_EQ(broker.metadata.image()->cluster_id, cluster_id);
    EXPECT_EQ(broker.metadata.image()->topics.size(), 1u);
    EXPECT_EQ(broker.metadata.image()->topic("topic2")->partition_count(), 3);
  });
}

TEST(MetadataLog, ASnapshotTakesTheLogsPlace) {
  World world(1, LogLevel::error);
  auto& node = world.add_node("broker");
  run_process(world, node, [&](Host& host) {
    Broker broker(host);
    ASSERT_TRUE(broker.open(host));
    for (int i = 0; i < 25; ++i) {
      std::vector<MetadataRecord> records;
      for (int n = 0; n < 1000; ++n) records.emplace_back(topic(n, i + 1));
      ASSERT_TRUE(broker.metadata.commit(records));
    }
    EXPECT_GT(broker.logs.find(MetadataLog::log_name)->log_start(), 10'000);
  });
  node.power_loss();
  run_process(world, node, [&](Host& host) {
    Broker broker(host);
    ASSERT_TRUE(broker.open(host));
    EXPECT_EQ(broker.metadata.image()->topics.size(), 1000u);
    EXPECT_EQ(broker.metadata.image()->topic("topic999")->partition_count(), 25);
  });
}

// Whenever the process dies: committed changes are found again, and none is made in part.
TEST(MetadataLog, ItMayDieAtAnyMoment) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    World world(seed, LogLevel::error);
    auto& node = world.add_node("broker");
    int committed = 0;
    for (int life = 0; life < 3; ++life) {
      node.start(1, [&](Host& host) {
        Broker broker(host);
        if (!broker.open(host)) return 1;
        for (int number = static_cast<int>(broker.metadata.image()->topics.size()) / 2;; ++number) {
          if (!broker.metadata.commit({topic(2 * number), topic(2 * number + 1)})) return 1;
          committed = number + 1;
        }
      });
      world.run_for(microseconds(world.random().split(static_cast<std::uint64_t>(life)).between(100, 100'000)));
      seed % 3 == 0 ? node.kill() : node.power_loss();
      run_process(world, node, [&](Host& host) {
        Broker broker(host);
        ASSERT_TRUE(broker.open(host)) << "seed " << seed;
        auto topics = static_cast<int>(broker.metadata.image()->topics.size());
        EXPECT_EQ(topics % 2, 0) << "seed " << seed;
        EXPECT_GE(topics / 2, committed) << "seed " << seed;
      });
    }
    node.kill();
    EXPECT_TRUE(world.leaks().empty());
  }
}

}  // namespace
}  // namespace fulmar
