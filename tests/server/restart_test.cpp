// A broker that restarts: its metadata may be old, and messages of its earlier life arrive late.
#include "broker/cluster/metadata_codec.h"
#include "broker/cluster/metadata_snapshot.h"
#include "broker/protocol/messages/peer.h"
#include "broker/replication/peer_calls.h"
#include "tests/server/cluster_kit.h"

namespace fulmar {
namespace {

std::string snapshot_of(BrokerCluster& brokers, int id) {
  const auto* file = brokers.broker(id).disk().image().file("metadata-snapshot", false);
  return file ? file->current() : std::string();
}

bool snapshot_names(BrokerCluster& brokers, int id, std::string_view topic) {
  const auto file = snapshot_of(brokers, id);
  auto body = MetadataSnapshot::checked_body(file);
  if (!body) return false;
  auto image = decode_metadata_image(*body);
  return image && image->topic(topic) != nullptr;
}

// A process that is no broker, but speaks their protocol.
Peers stranger() {
  return {{9, {1, 1}}, [] { return std::string(); }, [](std::int32_t) { return std::nullopt; }};
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

// Its snapshot has a topic that was deleted since, and created again: the new one's directory is not a stray of the old
// one.
TEST(Restart, KeepsATopicThatWasMadeAgainSinceTheSnapshot) {
  for (bool power_loss : {false, true}) {
    SCOPED_TRACE(power_loss ? "power loss" : "orderly stop");
    BrokerCluster brokers(5, 3, {{"metadata.log.max.record.bytes.between.snapshots", "3000"}});
    ASSERT_TRUE(brokers.all_ready());
    Chronicle chronicle;
    ASSERT_TRUE(brokers.as_client([&](Host& host, ClusterClient& cluster) {
      create_topic(cluster, "t", 0, 0, {{3}});
      for (int i = 0; i < 50 && !snapshot_names(brokers, 3, "t"); ++i)
        create_topic(cluster, "filler" + std::to_string(i), 1);
      ASSERT_TRUE(snapshot_names(brokers, 3, "t"));
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

// Heartbeats that the earlier life sent when it stopped, delayed by the network until the broker is back.
TEST(Restart, ALateHeartbeatOfTheLifeBeforeChangesNothing) {
  BrokerCluster brokers(6, 3);
  ASSERT_TRUE(brokers.all_ready());
  brokers.broker(2).kill();
  brokers.world.run_for(milliseconds(100));
  brokers.start(2);
  ASSERT_TRUE(brokers.all_ready());
  ASSERT_TRUE(brokers.as_client([&](Host& host, ClusterClient& cluster) {
    auto controller = cluster.metadata(std::nullopt)->controller_id;
    auto peers = stranger();
    const auto* file = brokers.broker(2).disk().image().file("meta.properties", false);
    auto properties = parse_properties(file->current()).value();
    BrokerHeartbeatRequest late{.broker_id = 2,
                                .directory_id = parse_uuid(properties["directory.id"]).value(),
                                .incarnation_id = {7, 7},
                                .want_shut_down = true,
                                .want_fence = true};
    auto answer = PeerCalls(host, peers)
                      .call<BrokerHeartbeatResponse>(brokers.address(controller, 9093), late,
                                                     host.clock().deadline_in(seconds(2)));
    ASSERT_TRUE(answer.has_value()) << to_string(answer.error());
    EXPECT_EQ(answer->error_code, ErrorCode::stale_broker_epoch);
    host.clock().sleep_for(seconds(1));
    EXPECT_EQ(cluster.metadata(std::nullopt)->brokers.size(), 3u);
    create_topic(cluster, "on-all", 1, 3);  // a stopping broker would get no replica of it
  }));
  ASSERT_TRUE(brokers.stop());
}

// Every other broker stores the fields of a registration as JSON: an invalid string once stopped each controller in
// turn.
TEST(Registration, IsRefusedWithWhatCanNotBeWrittenDown) {
  BrokerCluster brokers(7, 3);
  ASSERT_TRUE(brokers.all_ready());
  ASSERT_TRUE(brokers.as_client([&](Host& host, ClusterClient& cluster) {
    auto controller = cluster.metadata(std::nullopt)->controller_id;
    auto peers = stranger();
    auto answer_to = [&](const RegisterBrokerRequest& request) {
      auto answer = PeerCalls(host, peers)
                        .call<RegisterBrokerResponse>(brokers.address(controller, 9093), request,
                                                      host.clock().deadline_in(seconds(2)));
      EXPECT_TRUE(answer.has_value()) << to_string(answer.error());
      return answer ? answer->error_code : ErrorCode::unknown_server_error;
    };
    RegisterBrokerRequest fine{9, {1, 1}, {2, 2}, "10.0.0.9", 9092, "10.0.0.9", 9093, "rack \xc3\xa4", {}};
    for (const auto& [name, min, max] : supported_features()) fine.features.push_back({name, min, max});
    for (const auto* bytes : {"\xff", "rack \xc3", "\xed\xa0\x80", "\xc0\xaf", "\xf4\x90\x80\x80"}) {
      auto request = fine;
      request.rack = bytes;
      EXPECT_EQ(answer_to(request), ErrorCode::invalid_request);
      request = fine;
      request.host = bytes;
      EXPECT_EQ(answer_to(request), ErrorCode::invalid_request);
      request = fine;
      request.internal_host = bytes;
      EXPECT_EQ(answer_to(request), ErrorCode::invalid_request);
      request = fine;
      request.features.push_back({bytes, 1, 1});
      EXPECT_EQ(answer_to(request), ErrorCode::invalid_request);
    }
    auto request = fine;
    request.port = 70'000;
    EXPECT_EQ(answer_to(request), ErrorCode::invalid_request);
    request = fine;
    request.broker_id = -7;
    EXPECT_EQ(answer_to(request), ErrorCode::invalid_request);
    request = fine;
    request.features.clear();
    EXPECT_EQ(answer_to(request), ErrorCode::unsupported_version);
    EXPECT_EQ(answer_to(fine), ErrorCode::none);
    create_topic(cluster, "afterwards", 1);
  }));
  ASSERT_TRUE(brokers.stop());
}

// A disk that fails and works again: the broker must not continue with old metadata.
TEST(MetadataFollower, GoesOnAfterReadErrors) {
  BrokerCluster brokers(8, 3);
  ASSERT_TRUE(brokers.all_ready());
  ASSERT_TRUE(brokers.as_client([&](Host& host, ClusterClient& cluster) {
    auto controller = cluster.metadata(std::nullopt)->controller_id;
    int follower = 1 + controller % 3;
    auto errors = [&](std::uint64_t permille) {
      brokers.from_outside(host, [&brokers, follower, permille] {
        DiskFaults faults;
        faults.read_error_permille = permille;
        brokers.broker(follower).disk().set_faults(faults);
      });
    };
    errors(1000);
    ClusterClient one(host, {.bootstrap = {brokers.address(controller, 9092)}});
    create_topic(one, "t", 0, 0, {{controller}});
    host.clock().sleep_for(seconds(1));
    errors(0);
    ClusterClient other(host, {.bootstrap = {brokers.address(follower, 9092)}});
    bool known = false;
    for (int look = 0; look < 100 && !known; ++look) {
      if (auto metadata = other.metadata(std::nullopt))
        known = std::any_of(metadata->topics.begin(), metadata->topics.end(),
                            [](const auto& topic) { return topic.name == "t"; });
      host.clock().sleep_for(milliseconds(100));
    }
    EXPECT_TRUE(known) << "it lives on with old metadata";
  }));
  ASSERT_TRUE(brokers.stop());
}

// A vote waits for room on the disk, and so did the end of the process.
TEST(OrderlyStop, DoesNotWaitForRoomOnTheDisk) {
  BrokerCluster brokers(9, 3);
  ASSERT_TRUE(brokers.all_ready());
  ASSERT_TRUE(brokers.as_client([&](Host&, ClusterClient& cluster) { create_topic(cluster, "t", 8); }));
  DiskFaults full;
  full.capacity_bytes = brokers.broker(3).disk().image().used_bytes();
  brokers.broker(3).disk().set_faults(full);
  brokers.broker(1).power_loss();
  brokers.world.run_for(seconds(5));  // elections that need the third broker
  brokers.broker(3).request_stop();
  EXPECT_TRUE(brokers.world.run_until([&] { return !brokers.broker(3).running(); }, brokers.world.now() + seconds(40)));
}

}  // namespace
}  // namespace fulmar
