// What the console shows of a cluster, healthy and in trouble.
#include <gmock/gmock.h>

#include "broker/client/config_admin.h"
#include "broker/client/group_admin.h"
#include "tests/console/console_kit.h"

namespace fulmar {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

Record record(std::optional<std::string> key, std::optional<std::string> value, std::vector<RecordHeader> headers = {},
              Timestamp at = World::epoch_ms) {
  return {std::move(key), std::move(value), at, std::move(headers)};
}

void produce(Host& host, ClusterClient& cluster, const std::string& topic, std::int32_t partition,
             const std::vector<Record>& records, Compression codec = Compression::none) {
  ProducerOptions options;
  options.codec = codec;
  Producer producer(host, cluster, options);
  ASSERT_EQ(producer.send(topic, partition, records).outcome, Delivery::Outcome::ok);
}

TEST(Console, ShowsAClusterAndWhatIsWrongWithIt) {
  ConsoleCluster it(1);
  ASSERT_TRUE(it.brokers.all_ready());
  ASSERT_TRUE(it.brokers.as_client([&](Host& host, ClusterClient& cluster) {
    create_topic(cluster, "t", 6);
    host.clock().sleep_for(seconds(5));
    auto healthy = it.shown(host, "cluster");
    EXPECT_THAT(codes_of(healthy["wrong"]), IsEmpty());
    EXPECT_EQ(healthy["topics"], 1);
    EXPECT_EQ(healthy["partitions"], 6);
    ASSERT_EQ(healthy["brokers"].size(), 3u);
    EXPECT_EQ(healthy["brokers"][2]["rack"], "rack-3");
    EXPECT_EQ(healthy["brokers"][2]["alive"], true);
    EXPECT_EQ(healthy["controllers"].size(), 3u);
    EXPECT_THAT(healthy["troubles"], IsEmpty());

    it.brokers.from_outside(host, [&] { it.brokers.broker(3).kill(); });
    host.clock().sleep_for(seconds(20));
    auto hurt = it.shown(host, "cluster");
    EXPECT_THAT(codes_of(hurt["wrong"]), ElementsAre("dead_brokers", "under_replicated"));
    EXPECT_EQ(hurt["brokers"][2]["alive"], false);
    EXPECT_EQ(hurt["under_replicated"], 6);
    ASSERT_EQ(hurt["troubles"].size(), 6u);
    EXPECT_EQ(hurt["troubles"][0]["trouble"], "under-replicated");
    EXPECT_EQ(hurt["troubles"][0]["in_sync"].size(), 2u);
    EXPECT_EQ(hurt["troubles_left_out"], 0);
    // The same by any other broker.
    EXPECT_EQ(it.shown(host, "cluster", 2)["under_replicated"], 6);

    it.brokers.from_outside(host, [&] { it.brokers.broker(2).kill(); });
    host.clock().sleep_for(seconds(20));
    EXPECT_THAT(codes_of(it.shown(host, "cluster")["wrong"]), Contains("no_controller"));
  }));
}

TEST(Console, ListsTopicsInPartsByTheirNames) {
  ConsoleCluster it(2);
  ASSERT_TRUE(it.brokers.all_ready());
  ASSERT_TRUE(it.brokers.as_client([&](Host& host, ClusterClient& cluster) {
    for (const auto* name : {"orders", "Order-events", "payments"}) create_topic(cluster, name, 2);
    produce(host, cluster, "orders", 1, {record("k", std::string(5000, 'x'))});
    host.clock().sleep_for(seconds(2));
    auto all = it.shown(host, "topics?sizes=true");
    EXPECT_EQ(all["total"], 3);
    ASSERT_EQ(all["topics"].size(), 3u);
    EXPECT_EQ(all["topics"][1]["name"], "orders");
    EXPECT_EQ(all["topics"][1]["partitions"], 2);
    EXPECT_EQ(all["topics"][1]["replicas"], 3);
    EXPECT_GE(all["topics"][1]["bytes"], 15'000) << "on three replicas";
    EXPECT_LT(all["topics"][2]["bytes"], 1'000);
    EXPECT_THAT(all["errors"], IsEmpty());
    auto found = it.shown(host, "topics?match=ORDER");
    EXPECT_EQ(found["matching"], 2);
    EXPECT_FALSE(found["topics"][0].contains("bytes")) << "nobody asked";
    auto part = it.shown(host, "topics?from=1&count=1");
    ASSERT_EQ(part["topics"].size(), 1u);
    EXPECT_EQ(part["topics"][0]["name"], "orders");
    EXPECT_THAT(it.shown(host, "topics?from=7")["topics"], IsEmpty());
    // A broker that is dead and not yet known to be leaves sizes unknown, not the answer.
    it.brokers.from_outside(host, [&] { it.brokers.broker(3).kill(); });
    auto hurt = it.shown(host, "topics?sizes=true");
    EXPECT_EQ(hurt["topics"].size(), 3u);
    EXPECT_EQ(hurt["errors"].size(), 1u) << hurt.dump();
  }));
}

TEST(Console, ShowsATopicsPartitionsAndItsConfiguration) {
  ConsoleCluster it(3);
  ASSERT_TRUE(it.brokers.all_ready());
  ASSERT_TRUE(it.brokers.as_client([&](Host& host, ClusterClient& cluster) {
    create_topic(cluster, "t", 3);
    ASSERT_TRUE(alter_topic_configs(cluster, "t", {{"retention.ms", "3600000"}}));
    produce(host, cluster, "t", 2, {record("a", "1"), record("b", "2")});
    host.clock().sleep_for(seconds(2));
    auto topic = it.shown(host, "topics/t");
    EXPECT_EQ(topic["partitions_total"], 3);
    ASSERT_EQ(topic["partitions"].size(), 3u);
    const auto& last = topic["partitions"][2];
    EXPECT_EQ(last["partition"], 2);
    EXPECT_EQ(last["begin"], 0);
    EXPECT_EQ(last["end"], 2);
    EXPECT_EQ(last["replicas"].size(), 3u);
    EXPECT_EQ(last["in_sync"].size(), 3u);
    EXPECT_EQ(last["bytes"].size(), 3u) << "of each replica";
    EXPECT_GT(last["bytes"]["2"], 60);
    EXPECT_EQ(last["trouble"], "");
    std::map<std::string, Shown> configs;
    for (const auto& config : topic["configs"]) configs[config["name"]] = config;
    EXPECT_EQ(configs["retention.ms"]["value"], "3600000");
    EXPECT_EQ(configs["retention.ms"]["from"], "topic");
    EXPECT_EQ(configs["cleanup.policy"]["from"], "default");
    EXPECT_THAT(topic["errors"], IsEmpty());
    auto part = it.shown(host, "topics/t?from=1&count=1");
    ASSERT_EQ(part["partitions"].size(), 1u);
    EXPECT_EQ(part["partitions"][0]["partition"], 1);
    EXPECT_NE(it.refusal(host, "topics/nowhere", 404).find("UNKNOWN_TOPIC_OR_PARTITION"), std::string::npos);
  }));
}

TEST(Console, ShowsRecordsAsTheyAre) {
  ConsoleCluster it(4);
  ASSERT_TRUE(it.brokers.all_ready());
  ASSERT_TRUE(it.brokers.as_client([&](Host& host, ClusterClient& cluster) {
    create_topic(cluster, "t", 1);
    const auto at = World::epoch_ms;
    produce(host, cluster, "t", 0,
            {record("k", "<script>alert(1)</script>", {{"h", "ü"}, {"none", std::nullopt}}, at),
             record(std::nullopt, std::string("\xff\x00\x01", 3), {}, at + 1000)});
    std::vector<Record> more;
    for (int i = 0; i < 8; ++i) more.push_back(record("k" + std::to_string(i), "v" + std::to_string(i), {}, at + 5000));
    produce(host, cluster, "t", 0, more, Compression::zstd);
    auto first = it.shown(host, "topics/t/records?partition=0&offset=0&count=2");
    EXPECT_EQ(first["begin"], 0);
    EXPECT_EQ(first["end"], 10);
    EXPECT_EQ(first["next"], 2);
    ASSERT_EQ(first["records"].size(), 2u);
    const auto& text = first["records"][0];
    EXPECT_EQ(text["offset"], 0);
    EXPECT_EQ(text["timestamp"], at);
    EXPECT_EQ(text["key"]["text"], "k");
    EXPECT_EQ(text["value"]["text"], "<script>alert(1)</script>");
    EXPECT_EQ(text["headers"][0]["name"]["text"], "h");
    EXPECT_EQ(text["headers"][0]["value"]["text"], "ü");
    EXPECT_TRUE(text["headers"][1]["value"].is_null());
    const auto& binary = first["records"][1];
    EXPECT_TRUE(binary["key"].is_null());
    EXPECT_EQ(binary["value"]["hex"], "ff0001");
    EXPECT_EQ(binary["value"]["size"], 3);
    // The middle of a compressed batch, then on to the end.
    auto middle = it.shown(host, "topics/t/records?partition=0&offset=5&count=3");
    ASSERT_EQ(middle["records"].size(), 3u);
    EXPECT_EQ(middle["records"][0]["value"]["text"], "v3");
    EXPECT_EQ(middle["next"], 8);
    auto end = it.shown(host, "topics/t/records?partition=0&offset=8&count=50");
    EXPECT_EQ(end["records"].size(), 2u);
    EXPECT_EQ(end["next"], 10);
    EXPECT_THAT(it.shown(host, "topics/t/records?partition=0&offset=10")["records"], IsEmpty());
    // The last ones, and those of a time.
    EXPECT_EQ(it.shown(host, "topics/t/records?partition=0&count=4")["records"][0]["offset"], 6);
    auto timed = it.shown(host, "topics/t/records?partition=0&count=1&time=" + std::to_string(at + 500));
    ASSERT_EQ(timed["records"].size(), 1u);
    EXPECT_EQ(timed["records"][0]["offset"], 1);
    EXPECT_THAT(it.shown(host, "topics/t/records?partition=0&time=" + std::to_string(at + 9'999'999))["records"],
                IsEmpty());
    EXPECT_NE(it.refusal(host, "topics/t/records?partition=0&offset=11", 400).find("begins at 0 and ends at 10"),
              std::string::npos);
    EXPECT_NE(it.refusal(host, "topics/t/records?partition=9", 404).find("UNKNOWN_TOPIC_OR_PARTITION"),
              std::string::npos);
  }));
}

TEST(Console, ShowsGroupsAndHowFarTheyHaveCome) {
  ConsoleCluster it(5);
  ASSERT_TRUE(it.brokers.all_ready());
  ASSERT_TRUE(it.brokers.as_client([&](Host& host, ClusterClient& cluster) {
    create_topic(cluster, "t", 2);
    for (int i = 0; i < 10; ++i) produce(host, cluster, "t", i % 2, {record(std::nullopt, "x")});
    ASSERT_TRUE(commit_offsets(cluster, "readers/of <t>", {{{"t", 0}, 1}, {{"t", 1}, 3}}));
    auto groups = it.shown(host, "groups");
    ASSERT_EQ(groups["groups"].size(), 1u);
    EXPECT_EQ(groups["groups"][0]["name"], "readers/of <t>");
    EXPECT_EQ(groups["groups"][0]["state"], "Empty");
    auto group = it.shown(host, "groups/readers%2Fof%20%3Ct%3E");
    EXPECT_EQ(group["lag"], 6);
    EXPECT_EQ(group["lag_unknown"], 0);
    ASSERT_EQ(group["partitions"].size(), 2u);
    EXPECT_EQ(group["partitions"][0]["committed"], 1);
    EXPECT_EQ(group["partitions"][0]["end"], 5);
    EXPECT_EQ(group["partitions"][0]["lag"], 4);
    EXPECT_TRUE(group["partitions"][0]["member"].is_null());
    EXPECT_NE(it.refusal(host, "groups/nobody", 404).find("GROUP_ID_NOT_FOUND"), std::string::npos);
  }));
}

TEST(Console, ShowsTheConfigurationOfBrokers) {
  ConsoleCluster it(6);
  ASSERT_TRUE(it.brokers.all_ready());
  ASSERT_TRUE(it.brokers.as_client([&](Host& host, ClusterClient& cluster) {
    ASSERT_TRUE(alter_broker_configs(cluster, std::nullopt, {{"message.max.bytes", "2000000"}}));
    host.clock().sleep_for(seconds(1));
    auto shared = it.shown(host, "configs");
    ASSERT_EQ(shared["configs"].size(), 1u) << shared.dump();
    EXPECT_EQ(shared["configs"][0]["name"], "message.max.bytes");
    std::map<std::string, Shown> configs;
    auto of_one = it.shown(host, "configs?broker=2");
    for (const auto& config : of_one["configs"]) configs[config["name"]] = config;
    EXPECT_EQ(configs["message.max.bytes"]["from"], "all brokers");
    EXPECT_EQ(configs["admin.http.console"]["value"], "true");
    EXPECT_EQ(configs["admin.http.console"]["from"], "start");
    EXPECT_EQ(configs["num.partitions"]["from"], "default");
  }));
}

}  // namespace
}  // namespace fulmar
