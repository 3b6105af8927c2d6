// A broker that comes back: what it remembers of the metadata may be old, and what its earlier life said comes late.
#include "broker/protocol/messages/peer.h"
#include "broker/replication/greeting.h"
#include "tests/server/cluster_kit.h"

namespace fulmar {
namespace {

std::string snapshot_of(BrokerCluster& brokers, int id) {
  const auto* file = brokers.broker(id).disk().image().file("metadata-snapshot", false);
  return file ? file->current() : std::string();
}

void delete_topic(ClusterClient& cluster, const std::string& name) {
  DeleteTopicsRequest request;
  request.timeout_ms = 5000;
  request.topic_names = {name};
  request.topics = {{name, {}}};
  auto response = ask_controller<DeleteTopicsResponse>(cluster, request);
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->responses.at(0).error_code, ErrorCode::none);
}

// Its snapshot names a topic that was deleted since, and made again: the living one is no leftover of the dead one.
TEST(Restart, KeepsATopicThatWasMadeAgainSinceTheSnapshot) {
  for (bool power_loss : {false, true}) {
    SCOPED_TRACE(power_loss ? "power loss" : "orderly stop");
    BrokerCluster brokers(5, 3, {{"metadata.log.max.record.bytes.between.snapshots", "3000"}});
    ASSERT_TRUE(brokers.all_ready());
    Chronicle chronicle;
    ASSERT_TRUE(brokers.as_client([&](Host& host, ClusterClient& cluster) {
      create_topic(cluster, "t", 0, 0, {{3}});
      for (int i = 0; i < 50 && snapshot_of(brokers, 3).find(R"("t":)") == std::string::npos; ++i)
        create_topic(cluster, "filler" + std::to_string(i), 1);
      ASSERT_NE(snapshot_of(brokers, 3).find(R"("t":)"), std::string::npos);
      auto snapshot = snapshot_of(brokers, 3);
      delete_topic(cluster, "t");
      create_topic(cluster, "t", 0, 0, {{3}});
      Producer producer(host, cluster, {});
      for (int i = 0; i < 20; ++i) chronicle.send(producer, "t", 0);
      ASSERT_EQ(snapshot_of(brokers, 3), snapshot) << "the snapshot is to be the old one";
    }));
    ASSERT_EQ(chronicle.size(), 20u);
    if (power_loss) {
      brokers.broker(3).power_loss();
    } else {
      brokers.broker(3).request_stop();
      ASSERT_TRUE(
          brokers.world.run_until([&] { return !brokers.broker(3).running(); }, brokers.world.now() + seconds(30)));
    }
    brokers.start(3);
    ASSERT_TRUE(brokers.all_ready());
    ASSERT_TRUE(brokers.stop());
    auto found = brokers.records_of(3, "t", 0);
    ASSERT_TRUE(found.has_value());
    chronicle.expect_in(*found, 0, "broker 3");
  }
}

// What the life before said when it stopped, and what the network held back until the broker was there again.
TEST(Restart, ALateHeartbeatOfTheLifeBeforeChangesNothing) {
  BrokerCluster brokers(6, 3);
  ASSERT_TRUE(brokers.all_ready());
  brokers.broker(2).kill();
  brokers.world.run_for(milliseconds(100));
  brokers.start(2);
  ASSERT_TRUE(brokers.all_ready());
  ASSERT_TRUE(brokers.as_client([&](Host& host, ClusterClient& cluster) {
    auto controller = cluster.metadata(std::nullopt)->controller_id;
    Peers stranger{{9, {1, 1}}, [] { return std::string(); }, [](std::int32_t) { return std::nullopt; }};
    const auto* file = brokers.broker(2).disk().image().file("meta.properties", false);
    auto properties = parse_properties(file->current()).value();
    BrokerHeartbeatRequest late{.broker_id = 2,
                                .directory_id = parse_uuid(properties["directory.id"]).value(),
                                .incarnation_id = {7, 7},
                                .want_shut_down = true,
                                .want_fence = true};
    auto answer = call_peer<BrokerHeartbeatResponse>(host, stranger, brokers.address(controller, 9093), late,
                                                     host.clock().deadline_in(seconds(2)));
    ASSERT_TRUE(answer.has_value()) << to_string(answer.error());
    EXPECT_EQ(answer->error_code, ErrorCode::stale_broker_epoch);
    host.clock().sleep_for(seconds(1));
    EXPECT_EQ(cluster.metadata(std::nullopt)->brokers.size(), 3u);
    create_topic(cluster, "on-all", 1, 3);  // which a broker that stops would be given no replica of
  }));
  ASSERT_TRUE(brokers.stop());
}

}  // namespace
}  // namespace fulmar
