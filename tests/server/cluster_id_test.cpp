// A data directory belongs to one cluster: meta.properties, and what happens to a broker in the wrong cluster.
#include "tests/server/broker_test_kit.h"
#include "tests/server/cluster_kit.h"

namespace fulmar {
namespace {

constexpr std::string_view identity_file = "meta.properties";
const std::string foreign_id = "Zm9yZWlnbi1jbHVzdGVyAA";

Properties identity_of(World& world, Node& broker) {
  Properties found;
  run_process(world, broker, [&](Host& host) {
    auto text = read_file(host.disk(), identity_file, 4096);
    ASSERT_TRUE(text.has_value());
    found = parse_properties(text->view()).value();
  });
  return found;
}

void set_cluster_id(World& world, Node& broker, const std::string& id) {
  auto properties = identity_of(world, broker);
  properties["cluster.id"] = id;
  std::string text;
  for (const auto& [name, value] : properties) text += name + "=" + value + "\n";
  run_process(world, broker, [&](Host& host) {
    EXPECT_TRUE(replace_file(host.disk(), identity_file, ByteChain(Bytes::copy_of(text))).has_value());
  });
}

TEST(ClusterId, IsKeptInKafkasFormatAndComparedWithTheMetadata) {
  BrokerWorld alone;
  std::string id;
  alone.run([&](Host& host) {
    Peer peer(host);
    create_topic(peer, "t", 1);
    produce(peer, "t", 0, batch_of(1, "kept", BatchOptions{}));
    id = metadata(peer, {}).cluster_id.value_or("");
  });
  alone.stop();
  auto kept = identity_of(alone.world, alone.broker);
  EXPECT_EQ(kept["version"], "1");
  EXPECT_EQ(kept["node.id"], "1");
  EXPECT_EQ(kept["cluster.id"], id);
  EXPECT_EQ(kept["directory.id"].size(), 22u);

  set_cluster_id(alone.world, alone.broker, foreign_id);
  alone.start(1);
  EXPECT_FALSE(alone.ready);
  EXPECT_EQ(alone.broker.exit_code(), 1);
  EXPECT_EQ(alone.failure, "the data directory belongs to cluster " + foreign_id +
                               " (meta.properties), but what is in it is of cluster " + id +
                               "; put back the files that go together, or begin with an empty directory");

  set_cluster_id(alone.world, alone.broker, id);
  alone.start(1);
  ASSERT_TRUE(alone.ready) << alone.failure;
  alone.run([](Host& host) {
    Peer peer(host);
    EXPECT_EQ(values_of(fetch(peer, {"t", 0}).records), std::vector<std::string>{"kept"}) << "nothing was touched";
  });
}

TEST(ClusterId, ABrokerOfAnotherClusterIsNotTakenInAndEndsWithBothIds) {
  for (int stranger : {4, 3}) {  // an observer, and a controller
    SCOPED_TRACE(stranger);
    BrokerCluster brokers(1, 4, {}, 3);
    ASSERT_TRUE(brokers.all_ready());
    brokers.broker(stranger).power_loss();
    auto id = identity_of(brokers.world, brokers.broker(stranger))["cluster.id"];
    EXPECT_EQ(id.size(), 22u);
    set_cluster_id(brokers.world, brokers.broker(stranger), foreign_id);
    brokers.start(stranger);
    EXPECT_TRUE(brokers.world.run_until([&] { return !brokers.broker(stranger).running(); },
                                        brokers.world.now() + seconds(20)));
    EXPECT_EQ(brokers.broker(stranger).exit_code(), 1);
    EXPECT_FALSE(brokers.ready.contains(stranger));
    const auto& why = brokers.failures[stranger];
    for (const auto& expected : {foreign_id, id, std::string("controller.quorum.voters"), std::string("empty data")})
      EXPECT_NE(why.find(expected), std::string::npos) << why;
    ASSERT_TRUE(brokers.as_client([](Host&, ClusterClient& cluster) { create_topic(cluster, "t", 1); }));
    EXPECT_TRUE(brokers.stop());
  }
}

TEST(ClusterId, OneStrangerAmongTheControllersKeepsNobodyElseFromStarting) {
  BrokerCluster brokers(1, 3);
  ASSERT_TRUE(brokers.all_ready());
  ASSERT_TRUE(brokers.stop());
  set_cluster_id(brokers.world, brokers.broker(3), foreign_id);
  brokers.start(3);
  brokers.world.run_for(seconds(5));
  EXPECT_TRUE(brokers.broker(3).running()) << "nobody was there to say that it is a stranger";
  brokers.ready.clear();
  brokers.start(1);
  brokers.world.run_for(seconds(5));
  EXPECT_TRUE(brokers.broker(1).running());
  brokers.start(2);
  EXPECT_TRUE(brokers.world.run_until([&] { return brokers.ready.size() == 2 && !brokers.broker(3).running(); },
                                      brokers.world.now() + seconds(20)));
  EXPECT_TRUE(brokers.ready.contains(1) && brokers.ready.contains(2));
  EXPECT_TRUE(brokers.stop());
}

}  // namespace
}  // namespace fulmar
