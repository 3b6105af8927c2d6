// Brokers with several listeners: clients are told the addresses of the listener by which they came.
#include <gtest/gtest.h>

#include "broker/client/connection.h"
#include "broker/protocol/messages/describe_cluster.h"
#include "broker/protocol/messages/find_coordinator.h"
#include "broker/protocol/messages/metadata.h"
#include "broker/protocol/messages/quorum.h"
#include "tests/server/broker_test_kit.h"
#include "tests/server/cluster_kit.h"

namespace fulmar {
namespace {

constexpr std::uint16_t outside_port = 19092;
const Properties two_listeners{{"listeners", "PLAINTEXT://10.0.0.1:9092,OUTSIDE://10.0.0.1:19092"},
                               {"advertised.listeners", "OUTSIDE://broker.example:443"},
                               {"listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,OUTSIDE:PLAINTEXT"}};

std::unique_ptr<ClientConnection> connect(Host& host, const SocketAddress& to) {
  return ClientConnection::open(host, to, "test", host.clock().deadline_in(seconds(5))).value();
}

template <class Response, class Request>
Response ask(ClientConnection& connection, const Request& request) {
  return connection.template call<Response>(request, Deadline::never()).value();
}

MetadataRequest about(const std::string& topic) {
  MetadataRequest request;
  request.topics.emplace();
  request.topics->push_back({{}, topic});
  return request;
}

TEST(Listeners, AClientIsToldTheAddressOfTheListenerByWhichItCame) {
  BrokerWorld world(two_listeners);
  ASSERT_TRUE(world.ready) << world.failure;
  world.run([](Host& host) {
    const std::pair<SocketAddress, SocketAddress> cases[] = {
        {broker_address, broker_address}, {{broker_address.host, outside_port}, {"broker.example", 443}}};
    for (const auto& [came_by, told] : cases) {
      auto connection = connect(host, came_by);
      auto metadata = ask<MetadataResponse>(*connection, about("t"));
      ASSERT_EQ(metadata.brokers.size(), 1u);
      EXPECT_EQ(metadata.brokers[0].host, told.host);
      EXPECT_EQ(metadata.brokers[0].port, told.port);
      auto cluster = ask<DescribeClusterResponse>(*connection, DescribeClusterRequest{});
      ASSERT_EQ(cluster.brokers.size(), 1u);
      EXPECT_EQ(cluster.brokers[0].host, told.host);
      EXPECT_EQ(cluster.brokers[0].port, told.port);
      FindCoordinatorRequest find;
      find.coordinator_keys = {"g"};
      FindCoordinatorResponse found;
      for (int attempt = 0; attempt < 100; ++attempt) {
        found = ask<FindCoordinatorResponse>(*connection, find);
        if (found.coordinators.at(0).error_code == ErrorCode::none) break;
        host.clock().sleep_for(milliseconds(50));
      }
      EXPECT_EQ(found.coordinators.at(0).host, told.host);
      EXPECT_EQ(found.coordinators.at(0).port, told.port);
      DescribeQuorumRequest quorum;
      quorum.topics.push_back({"__cluster_metadata", {{0}}});
      auto described = ask<DescribeQuorumResponse>(*connection, quorum);
      ASSERT_EQ(described.nodes.size(), 1u);
      ASSERT_EQ(described.nodes[0].listeners.size(), 2u) << "of a broker by itself, all of its clients' listeners";
      EXPECT_EQ(described.nodes[0].listeners[1].name, "OUTSIDE");
    }
  });
}

TEST(Listeners, ArePartOfTheMetadataAndSoOfARestart) {
  BrokerWorld world(two_listeners);
  world.restart(false);
  world.run([](Host& host) {
    auto connection = connect(host, {broker_address.host, outside_port});
    auto metadata = ask<MetadataResponse>(*connection, about("t"));
    EXPECT_EQ(metadata.brokers.at(0).host, "broker.example");
  });
}

TEST(Listeners, ABrokerThatHasNoneOfThatNameIsNotShownAndItsPartitionsHaveNoLeaderThere) {
  BrokerCluster brokers(1, 2, {{"default.replication.factor", "1"}}, 1);
  brokers.extra[1] = {{"listeners", ",OUTSIDE://10.0.0.1:19092"},
                      {"listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,OUTSIDE:PLAINTEXT"}};
  brokers.lose_disk(1);
  brokers.start(1);
  ASSERT_TRUE(brokers.all_ready()) << brokers.failures[1] << brokers.failures[2];
  ASSERT_TRUE(brokers.as_client([&](Host& host, ClusterClient& cluster) {
    create_topic(cluster, "here", 1, 1, {{1}});
    create_topic(cluster, "there", 1, 1, {{2}});
    EXPECT_EQ(produce_once(cluster, "there", "x"), ErrorCode::none);
    auto at = brokers.address(1, outside_port);
    auto connection = connect(host, at);
    auto request = about("here");
    request.topics->push_back({{}, "there"});
    auto leads = [](const MetadataResponse& metadata, std::size_t topic) {
      return metadata.topics.at(topic).partitions.at(0);
    };
    auto metadata = ask<MetadataResponse>(*connection, request);
    for (int attempt = 0; attempt < 100 && leads(metadata, 0).leader_id < 0; ++attempt) {
      host.clock().sleep_for(milliseconds(50));
      metadata = ask<MetadataResponse>(*connection, request);
    }
    ASSERT_EQ(metadata.brokers.size(), 1u);
    EXPECT_EQ(metadata.brokers[0].node_id, 1);
    EXPECT_EQ(leads(metadata, 0).leader_id, 1);
    EXPECT_EQ(leads(metadata, 1).leader_id, -1);
    EXPECT_EQ(leads(metadata, 1).error_code, ErrorCode::listener_not_found);
    auto plain = ask<MetadataResponse>(*connect(host, brokers.address(1, 9092)), request);
    EXPECT_EQ(plain.brokers.size(), 2u);
    EXPECT_EQ(leads(plain, 1).leader_id, 2);
  }));
  EXPECT_TRUE(brokers.stop());
}

TEST(Listeners, ABrokerWithSeveralJoinsOnlyOnceAllBrokersCanReadOfThem) {
  BrokerCluster brokers(1, 1);
  brokers.lose_disk(1);
  brokers.features[1] = {{std::string(metadata_version), 1, metadata_with_group_configs}};
  brokers.start(1);
  ASSERT_TRUE(brokers.all_ready());
  EXPECT_TRUE(brokers.stop());
  brokers.features.clear();
  brokers.extra[1] = {{"listeners", ",OUTSIDE://10.0.0.1:19092"},
                      {"listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,OUTSIDE:PLAINTEXT"}};
  brokers.start(1);
  EXPECT_FALSE(brokers.all_ready());
  EXPECT_NE(brokers.failures[1].find("need metadata.version 3"), std::string::npos) << brokers.failures[1];
}

}  // namespace
}  // namespace fulmar
