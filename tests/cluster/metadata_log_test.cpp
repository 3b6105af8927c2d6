// The metadata as a replicated log of records: what was committed is found again, with and without snapshots.
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

BrokerRecord broker(int number) {
  return {number, {{1, 2}, {"10.0.0.1", 9092}, {"10.0.0.1", 9093}, "rack1", false}};
}

// A broker's shard 0, as far as metadata needs one.
struct Broker {
  explicit Broker(Host& host)
      : peers{self, [] { return std::string(); }, [](std::int32_t) { return std::nullopt; }},
        logs(host, {}),
        replicas(host, peers, {}),
        metadata(host, logs, replicas, peers, {.raft = {}, .bytes_between_snapshots = 1 << 20}) {}

  Result<void> open(Host& host) {
    TRY(auto stored, HardStateStore::load(host.disk()));
    TRY_VOID(replicas.open(stored.next_life, stored.states));
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

TEST(MetadataRecords, ComeBackFromTheirText) {
  for (const MetadataRecord& record : std::vector<MetadataRecord>{
           ClusterRecord{"abc"}, broker(3), UnregisterRecord{3}, topic(7), PartitionsRecord{{9, 7}, partitions(2)},
           PartitionRecord{{9, 7}, 1, {{self}, {self}, {self}, {3, 4}}}, DeleteTopicRecord{{9, 7}},
           TopicConfigsRecord{{9, 7}, {{"retention.ms", "5"}}}, BrokerConfigsRecord{3, {{"log.retention.ms", "5"}}},
           BrokerConfigsRecord{all_brokers, {}}, ProducerIdsRecord{4000}}) {
    auto text = encode(record);
    auto again = decode_metadata_record(text);
    ASSERT_TRUE(again.has_value()) << text;
    EXPECT_EQ(encode(*again), text);
  }
  for (auto text : {"", "{", "[]", "{}", R"({"type":"moon"})", R"({"type":"topic","name":1})",
                    R"({"type":"delete-topic","topic_id":"short"})"})
    EXPECT_EQ(decode_metadata_record(text).error().code, Errc::corrupt) << text;
}

TEST(MetadataRecords, AreRefusedWithStringsThatAreNoText) {
  auto bad = broker(3);
  EXPECT_TRUE(check_strings(bad));
  bad.image.rack = "\xff";
  EXPECT_EQ(check_strings(bad).error().code, Errc::invalid_argument);
  auto named = topic(1);
  named.topic.configs["x"] = "\xe4";
  EXPECT_FALSE(check_strings(named));
  MetadataImage image;  // should one have come to be: nobody ends because of it
  apply_record(bad, image);
  EXPECT_TRUE(decode_metadata_image(encode(image)));
}

TEST(MetadataRecords, MakeAnImageThatComesBackFromItsSnapshot) {
  MetadataImage image;
  for (const MetadataRecord& record : std::vector<MetadataRecord>{
           ClusterRecord{"abc"}, ClusterRecord{"another"}, broker(1), broker(2), UnregisterRecord{2}, topic(1),
           topic(2), topic(3), PartitionsRecord{{9, 2}, partitions(9)}, PartitionsRecord{{8, 8}, partitions(1)},
           DeleteTopicRecord{{9, 1}}, DeleteTopicRecord{{9, 1}}, ProducerIdsRecord{500},
           TopicConfigsRecord{{9, 2}, {{"retention.ms", "77"}}}, TopicConfigsRecord{{8, 8}, {{"retention.ms", "78"}}},
           BrokerConfigsRecord{1, {{"log.retention.ms", "1"}}}, BrokerConfigsRecord{1, {}},
           BrokerConfigsRecord{all_brokers, {{"log.retention.ms", "2"}}}})
    apply_record(record, image);
  image.offset = 10;
  EXPECT_EQ(image.cluster_id, "abc") << "the first one counts";
  EXPECT_EQ(image.topic("topic1"), nullptr);
  EXPECT_EQ(image.topic("topic2")->partition_count(), 12);
  EXPECT_EQ(image.next_producer_id, 500);
  EXPECT_EQ(image.brokers.size(), 1u);
  EXPECT_EQ(image.topic("topic2")->configs, (Properties{{"retention.ms", "77"}}));
  EXPECT_TRUE(image.configs_of(1).empty());
  EXPECT_EQ(image.configs_of(all_brokers), (Properties{{"log.retention.ms", "2"}}));
  auto again = decode_metadata_image(encode(image));
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(encode(*again), encode(image));
}

TEST(MetadataRecords, ASnapshotFromBeforeBrokersWereConfiguredIsRead) {
  auto image = decode_metadata_image(
      R"({"cluster_id":"abc","offset":3,"next_producer_id":0,"brokers":[],"retired":[],"topics":{}})");
  ASSERT_TRUE(image.has_value());
  EXPECT_TRUE(image->configs_of(all_brokers).empty());
}

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

// Whenever the process dies: what was committed is there, and no change by half.
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
