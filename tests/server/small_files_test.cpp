// Damage to small files at rest: nothing is removed because of it, and nothing wrong is trusted. The other brokers
// restore what they have; otherwise the file is refused, by its name.
#include <gtest/gtest.h>

#include "broker/client/producer.h"
#include "tests/server/broker_test_kit.h"
#include "tests/server/cluster_kit.h"

namespace fulmar {
namespace {

// The contents of files with records, whatever their directories' names are now.
std::vector<std::string> contents(Node& node, const std::string& begins) {
  std::vector<std::string> found;
  for (const auto& [path, file] : node.disk().image().files())
    if (path.starts_with(begins) && path.ends_with(".log") && !file->current().empty())
      found.push_back(file->current());
  return found;
}

// "version: 0\ntopic_id: " and 22 characters, of which the last has four significant bits.
constexpr std::uint64_t amid_the_id = 30;

TEST(SmallFiles, ADirectoryWhoseTopicIdHasAnotherLetterIsNoOtherTopics) {
  BrokerWorld it;
  it.run([](Host& host) {
    Peer peer(host);
    create_topic(peer, "t", 1);
    produce(peer, "t", 0, batch_of(1, "kept", BatchOptions{}));
  });
  it.broker.power_loss();
  auto before = contents(it.broker, "t-0");
  it.broker.disk().flip("t-0/partition.metadata", amid_the_id, 3);
  it.start(2);
  ASSERT_TRUE(it.ready) << it.failure;
  it.run([](Host& host) {
    Peer peer(host);
    EXPECT_EQ(fetch_once_open(peer, {"t", 0}).error_code, ErrorCode::kafka_storage_error);
  });
  EXPECT_EQ(contents(it.broker, "t-0/"), before);
  it.broker.power_loss();
  it.broker.disk().flip("t-0/partition.metadata", amid_the_id, 3);
  it.start(2);
  it.run([](Host& host) {
    Peer peer(host);
    EXPECT_EQ(values_of(fetch_once_open(peer, {"t", 0}).records), std::vector<std::string>{"kept"});
  });
}

TEST(SmallFiles, OfReplicasAreMadeGoodByTheOthers) {
  BrokerCluster brokers(3);
  ASSERT_TRUE(brokers.all_ready());
  Chronicle chronicle;
  std::vector<std::string> before;
  ASSERT_TRUE(brokers.as_client([&](Host& host, ClusterClient& cluster) {
    create_topic(cluster, "t", 1);
    Producer producer(host, cluster, {});
    for (int i = 0; i < 20; ++i) chronicle.send(producer, "t", 0);
    brokers.from_outside(host, [&] {
      brokers.broker(2).power_loss();
      before = contents(brokers.broker(2), "t-0/");
      brokers.broker(2).disk().flip("t-0/partition.metadata", amid_the_id, 3);
      brokers.start(2);
    });
    host.clock().sleep_for(seconds(5));
    for (int i = 0; i < 20; ++i) chronicle.send(producer, "t", 0);
    host.clock().sleep_for(seconds(5));
  }));
  EXPECT_EQ(chronicle.size(), 40u);
  EXPECT_EQ(contents(brokers.broker(2), "t-0."), before) << "set aside, and not removed";
  ASSERT_TRUE(brokers.stop());
  for (int id = 1; id <= 3; ++id)
    chronicle.expect_in(*brokers.records_of(id, "t", 0), 0, "broker " + std::to_string(id));
}

// With another node or directory id, a broker would lose all its replicas, or break its votes.
TEST(SmallFiles, MetaPropertiesThatIsDamagedIsRefusedAndOneThatWasEditedIsNot) {
  for (int way = 0; way < 3; ++way) {
    BrokerWorld it;
    it.run([](Host& host) {
      Peer peer(host);
      create_topic(peer, "t", 1);
      produce(peer, "t", 0, batch_of(1, "kept", BatchOptions{}));
    });
    it.stop();
    auto text = it.broker.disk().image().file("meta.properties", false)->current();
    if (way == 0) it.broker.disk().flip("meta.properties", text.size() - 3, 1);
    if (way == 1) it.broker.disk().lose_tail("meta.properties", text.size() - 2);
    if (way == 2) it.broker.disk().lose("meta.properties");
    it.start(2);
    EXPECT_FALSE(it.ready);
    EXPECT_NE(it.failure.find("meta.properties"), std::string::npos) << it.failure;
    EXPECT_NE(it.failure.find(way == 2 ? "is missing" : "is damaged"), std::string::npos) << it.failure;
    it.world.run_for(seconds(1));
    run_process(it.world, it.broker, [&](Host& host) {
      auto file = host.disk().open("meta.properties", OpenMode::open_or_create).value();
      ASSERT_TRUE(file->write_at(0, ByteChain(Bytes::copy_of(text))));
    });
    it.start(2);
    ASSERT_TRUE(it.ready) << it.failure;
    it.run([](Host& host) {
      Peer peer(host);
      EXPECT_EQ(values_of(fetch_once_open(peer, {"t", 0}).records), std::vector<std::string>{"kept"});
    });
  }
}

const Properties small_snapshots{{"metadata.log.max.record.bytes.between.snapshots", "3000"},
                                 {"metadata.log.segment.bytes", "2000"},
                                 {"log.retention.check.interval.ms", "100"}};

TEST(SmallFiles, AMetadataSnapshotThatIsDamagedIsFetchedAnew) {
  for (int broker : {2, 5})  // a controller, and an observer
    for (int way = 0; way < 3; ++way) {
      SCOPED_TRACE("broker " + std::to_string(broker) + ", way " + std::to_string(way));
      BrokerCluster brokers(static_cast<std::uint64_t>(way + 1), 5, small_snapshots, 3);
      ASSERT_TRUE(brokers.all_ready());
      ASSERT_TRUE(brokers.as_client([&](Host& host, ClusterClient& cluster) {
        for (int n = 0; n < 30; ++n) create_topic(cluster, "t" + std::to_string(n), 1, 2);
        host.clock().sleep_for(seconds(1));
      }));
      auto& node = brokers.broker(broker);
      node.power_loss();
      auto size = node.disk().image().file("metadata-snapshot", false)->current().size();
      if (way == 0) node.disk().flip("metadata-snapshot", size / 2, 1);
      if (way == 1) node.disk().lose_tail("metadata-snapshot", size / 2);
      if (way == 2) node.disk().lose("metadata-snapshot");
      brokers.start(broker);
      ASSERT_TRUE(brokers.all_ready()) << brokers.failures[broker];
      ASSERT_TRUE(brokers.as_client([&](Host& host, ClusterClient& cluster) {
        create_topic(cluster, "last", 1, 2);
        auto options = brokers.client_options();
        options.bootstrap = {brokers.address(broker, 9092)};
        ClusterClient there(host, options);
        ASSERT_TRUE(there.topic("last").has_value());
        // It shows what the controller has committed a moment later.
        auto shown = [&] { return there.metadata(std::nullopt)->topics.size(); };
        for (auto until = host.clock().now() + seconds(5); shown() < 31 && host.clock().now() < until;)
          host.clock().sleep_for(milliseconds(10));
        EXPECT_EQ(shown(), 31u);
      }));
      ASSERT_TRUE(brokers.stop());
    }
}

// By the broker whose snapshot it is: it still has the image.
TEST(SmallFiles, AMetadataSnapshotThatIsDamagedWhileItIsThereIsWrittenAnewForWhoAsks) {
  BrokerCluster brokers(1, 3, small_snapshots);
  ASSERT_TRUE(brokers.all_ready());
  brokers.broker(3).power_loss();
  ASSERT_TRUE(brokers.as_client([&](Host& host, ClusterClient& cluster) {
    for (int n = 0; n < 30; ++n) create_topic(cluster, "t" + std::to_string(n), 1, 2);
    host.clock().sleep_for(seconds(1));
  }));
  brokers.broker(1).disk().flip("metadata-snapshot", 100, 1);
  brokers.broker(2).disk().lose("metadata-snapshot");
  brokers.start(3);
  ASSERT_TRUE(brokers.all_ready());
  ASSERT_TRUE(brokers.as_client([&](Host& host, ClusterClient&) {
    auto options = brokers.client_options();
    options.bootstrap = {brokers.address(3, 9092)};
    ClusterClient third(host, options);
    EXPECT_EQ(third.metadata(std::nullopt)->topics.size(), 30u);
  }));
  ASSERT_TRUE(brokers.stop());
}

// No other broker has its contents: nothing is served that may be wrong, and nothing removed.
TEST(SmallFiles, AMetadataSnapshotThatNobodyElseHasIsRefused) {
  BrokerWorld it(small_snapshots);
  it.run([](Host& host) {
    Peer peer(host);
    for (int n = 0; n < 40; ++n) create_topic(peer, "t" + std::to_string(n), 1);
    produce(peer, "t0", 0, batch_of(1, "kept", BatchOptions{}));
    host.clock().sleep_for(seconds(1));
  });
  it.stop();
  auto before = it.broker.disk().image().files().size();
  it.broker.disk().flip("metadata-snapshot", 100, 1);
  it.start(2);
  EXPECT_FALSE(it.ready);
  EXPECT_NE(it.failure.find("metadata-snapshot"), std::string::npos) << it.failure;
  EXPECT_GE(it.broker.disk().image().files().size() + 1, before) << "but for the mark of the clean stop";
  it.broker.disk().flip("metadata-snapshot", 100, 1);
  it.start(2);
  ASSERT_TRUE(it.ready) << it.failure;
  it.run([](Host& host) {
    Peer peer(host);
    for (const auto& topic : metadata(peer, {"t0", "t39"}).topics) EXPECT_EQ(topic.error_code, ErrorCode::none);
    EXPECT_EQ(values_of(fetch_once_open(peer, {"t0", 0}).records), std::vector<std::string>{"kept"});
  });
}

}  // namespace
}  // namespace fulmar
