// Metadata of the previous release: refused, and converted.
#include "broker/cluster/earlier_metadata.h"

#include <gtest/gtest.h>

#include "broker/cluster/metadata_codec.h"
#include "broker/cluster/metadata_log.h"
#include "tests/log/log_test_kit.h"

namespace fulmar {
namespace {

const ReplicaId self{1, {1, 2}};
const std::string id = to_string(Uuid{9, 7});
const ReplicaId other{2, {3, 4}};
const std::string one_replica = R"([1,")" + to_string(self.directory) + R"("])";
const std::string replicas = "[" + one_replica + "]";
const std::string two_replicas = "[" + one_replica + R"(,[2,")" + to_string(other.directory) + R"("]])";

const std::vector<std::string> texts = {
    R"({"cluster_id":"abc","type":"cluster"})",
    R"({"broker":1,"image":{"directory":")" + to_string(self.directory) +
        R"(","fenced":false,"internal":["10.0.0.1",9093],"listener":["10.0.0.1",9092],"rack":"r"},"type":"broker"})",
    R"({"name":"orders","topic":{"configs":{"retention.ms":"5"},"id":")" + id + R"(","partitions":[{"replicas":)" +
        replicas + R"(}]},"type":"topic"})",
    R"({"added":[{"replicas":)" + replicas + R"(,"settled":[2,17]}],"topic_id":")" + id + R"(","type":"partitions"})",
    R"({"image":{"adding":)" + replicas + R"(,"removing":)" + replicas + R"(,"replicas":)" + two_replicas +
        R"(,"settled_by":[3,4]},"partition":0,"topic_id":")" + id + R"(","type":"partition"})",
    R"({"configs":{"retention.ms":"6"},"topic_id":")" + id + R"(","type":"topic-configs"})",
    R"({"broker":-1,"configs":{"log.retention.ms":"7"},"type":"broker-configs"})",
    R"({"next":4000,"type":"producer-ids"})",
    R"({"topic_id":"AAAAAAAAAAkAAAAAAAAACA","type":"delete-topic"})",
    R"({"broker":8,"type":"unregister"})"};

MetadataImage expected() {
  PartitionImage first{{self, other}, {self}, {self}, {3, 4}};
  PartitionImage second{{self}, {}, {}, version_of_offset(2, 17)};
  MetadataImage image;
  for (const MetadataRecord& record : std::vector<MetadataRecord>{
           ClusterRecord{"abc"},
           BrokerRecord{1, {self.directory, plain_listener({"10.0.0.1", 9092}), {"10.0.0.1", 9093}, "r", false}},
           TopicRecord{"orders", {{9, 7}, {first, second}, {{"retention.ms", "6"}}}},
           BrokerConfigsRecord{all_brokers, {{"log.retention.ms", "7"}}}, ProducerIdsRecord{4000}})
    apply_record(record, image);
  image.offset = static_cast<Offset>(texts.size());
  return image;
}

// Opens the metadata of a broker that is a cluster by itself.
Result<MetadataImage> opened(Host& host) {
  Peers peers{self, [] { return std::string(); }, [](std::int32_t) { return std::nullopt; }};
  LogManager logs(host, {});
  ReplicaManager replicas(host, peers, {});
  MetadataLog metadata(host, logs, replicas, peers, {});
  auto image = [&]() -> Result<MetadataImage> {
    FULMAR_TRY(auto stored, HardStateStore::load(host.disk()));
    FULMAR_TRY_VOID(replicas.open(stored.next_life, stored.states));
    FULMAR_TRY_VOID(metadata.open({}, false));
    return *metadata.image();
  }();
  metadata.stop();
  replicas.stop();
  logs.close();
  return image;
}

void write_log(Host& host) {
  LogManager logs(host, {});
  auto log = logs.open(std::string(MetadataLog::log_name), {}, false, OnDamage::refuse, 3).value();
  for (const auto& text : texts) {
    auto batch = build_batch({{std::nullopt, text, 1000, {}}});
    ASSERT_TRUE(append(*log, batch, 3));
  }
  logs.close();
}

void write_snapshot(Host& host) {
  auto body =
      R"({"broker_configs":[[-1,{"log.retention.ms":"7"}]],"brokers":[],"cluster_id":"abc","next_producer_id":4000,)"
      R"("offset":10,"retired":[[4,")" +
      id + R"("]],"topics":{}})";
  ASSERT_TRUE(replace_file(host.disk(), MetadataSnapshot::file_name,
                           ByteChain(Bytes::copy_of(std::to_string(crc32c(body)) + "\n" + body))));
}

TEST(EarlierMetadata, TextThatIsNoRecordIsCorrupt) {
  for (auto text : {"", "{", "[]", "{}", R"({"type":"moon"})", R"({"type":"topic","name":1})",
                    R"({"type":"delete-topic","topic_id":"short"})"})
    EXPECT_EQ(decode_earlier_record(text).error().code, Errc::corrupt) << text;
}

TEST(EarlierMetadata, ALogIsRefusedByNameAndConvertedForGood) {
  World world(1, LogLevel::error);
  auto& node = world.add_node("broker");
  run_process(world, node, [&](Host& host) {
    write_log(host);
    auto refused = opened(host);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, Errc::unsupported);
    EXPECT_NE(refused.error().detail.find("fulmar log upgrade"), std::string::npos) << refused.error().detail;
    EXPECT_EQ(upgrade_metadata(host).value(), true);
    EXPECT_EQ(upgrade_metadata(host).value(), false);
  });
  node.power_loss();
  run_process(world, node, [&](Host& host) {
    auto image = opened(host);
    ASSERT_TRUE(image.has_value()) << to_string(image.error());
    EXPECT_EQ(to_text(*image), to_text(expected()));
  });
}

TEST(EarlierMetadata, ASnapshotIsRefusedByNameAndConvertedForGood) {
  World world(1, LogLevel::error);
  auto& node = world.add_node("broker");
  run_process(world, node, [&](Host& host) {
    write_snapshot(host);
    EXPECT_EQ(opened(host).error().code, Errc::unsupported);
    EXPECT_EQ(upgrade_metadata(host).value(), true);
    auto file = read_file(host.disk(), MetadataSnapshot::file_name, 1 << 20).value();
    auto image = decode_metadata_image(MetadataSnapshot::checked_body(file.view()).value()).value();
    EXPECT_EQ(image.offset, 10);
    EXPECT_EQ(image.next_producer_id, 4000);
    EXPECT_EQ(image.retired, (std::map<std::int32_t, Uuid>{{4, {9, 7}}}));
    EXPECT_EQ(image.configs_of(all_brokers), (Properties{{"log.retention.ms", "7"}}));
    EXPECT_EQ(upgrade_metadata(host).value(), false);
  });
}

// Whenever an upgrade is interrupted, the next one continues it.
TEST(EarlierMetadata, AnUpgradeMayDieAtAnyMoment) {
  int cut_short = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    World world(seed, LogLevel::error);
    auto& node = world.add_node("broker");
    run_process(world, node, [&](Host& host) { write_log(host); });
    bool done = false;
    node.start(1, [&](Host& host) {
      done = upgrade_metadata(host).has_value();
      return 0;
    });
    world.run_for(microseconds(world.random().split(1).between(1, 60'000)));
    cut_short += !done;
    seed % 2 == 0 ? node.kill() : node.power_loss();
    run_process(world, node, [&](Host& host) {
      auto again = upgrade_metadata(host);
      ASSERT_TRUE(again.has_value()) << "seed " << seed << ": " << to_string(again.error());
      auto image = opened(host);
      ASSERT_TRUE(image.has_value()) << "seed " << seed << ": " << to_string(image.error());
      EXPECT_EQ(to_text(*image), to_text(expected())) << "seed " << seed;
    });
  }
  EXPECT_GT(cut_short, 5);
  EXPECT_LT(cut_short, 60);
}

}  // namespace
}  // namespace fulmar
