// Partitions that take long to open: responses come within the timeout, and nothing else is delayed.
#include "tests/server/broker_test_kit.h"

namespace fulmar {
namespace {

constexpr std::int16_t create_version = 7;
constexpr std::int16_t metadata_version = 9;

CreateTopicsRequest creation(const std::string& name, std::int32_t partitions, std::int32_t timeout_ms) {
  CreateTopicsRequest request;
  request.timeout_ms = timeout_ms;
  auto& topic = request.topics.emplace_back();
  topic.name = name;
  topic.num_partitions = partitions;
  topic.replication_factor = 1;
  return request;
}

ErrorCode error_of(const CreateTopicsResponse& response) {
  return response.topics.empty() ? ErrorCode::unknown_server_error : response.topics.front().error_code;
}

MetadataResponse::Topic shown(Peer& peer, const std::string& name) {
  MetadataRequest request;
  request.allow_auto_topic_creation = false;
  request.topics = {{{}, name}};
  auto response = peer.call<MetadataResponse>(request, metadata_version);
  EXPECT_EQ(response.topics.size(), 1u);
  return response.topics.empty() ? MetadataResponse::Topic{} : response.topics.front();
}

TEST(NewPartitions, ThatTakeLongAreMadeAllTheSameAndHoldUpNobody) {
  constexpr std::int32_t many = 1000;
  BrokerWorld world;
  world.broker.disk().set_faults({.slow_factor = 100});
  world.run([](Host& host) {
    auto& clock = host.clock();
    Peer patient(host);
    Peer hasty(host);
    Peer other(host);
    auto begun = clock.now();
    auto waits = patient.send(creation("many", many, 300'000), create_version);
    EXPECT_EQ(error_of(hasty.call<CreateTopicsResponse>(creation("another", 1, 500), create_version)),
              ErrorCode::request_timed_out);
    EXPECT_LT(clock.now() - begun, seconds(1));
    // It waits for the metadata change only.
    auto id = other.call<InitProducerIdResponse>(InitProducerIdRequest{}, 4);
    EXPECT_EQ(id.error_code, ErrorCode::none);
    EXPECT_LT(clock.now() - begun, seconds(1));
    auto early = shown(other, "many");
    EXPECT_EQ(early.error_code, ErrorCode::none) << "shown at once";
    ASSERT_EQ(early.partitions.size(), static_cast<std::size_t>(many));
    EXPECT_EQ(early.partitions.back().leader_id, -1) << "not open yet";
    EXPECT_EQ(error_of(other.call<CreateTopicsResponse>(creation("many", 1, 500), create_version)),
              ErrorCode::topic_already_exists);
    EXPECT_EQ(error_of(patient.receive<CreateTopicsResponse>(waits, create_version)), ErrorCode::none);
    EXPECT_GT(clock.now() - begun, seconds(2)) << "they did take long";
    auto topic = shown(other, "many");
    ASSERT_EQ(topic.partitions.size(), static_cast<std::size_t>(many));
    for (const auto& partition : topic.partitions) EXPECT_EQ(partition.leader_id, 1) << partition.index;
  });
  world.broker.disk().set_faults({});
}

// Without a timeout the response does not wait.
TEST(NewPartitions, AreTimedOutAtOnceWhereTheClientGivesNoTime) {
  BrokerWorld world;
  world.broker.disk().set_faults({.slow_factor = 100});
  world.run([](Host& host) {
    Peer peer(host);
    EXPECT_EQ(error_of(peer.call<CreateTopicsResponse>(creation("t", 100, 0), create_version)),
              ErrorCode::request_timed_out);
    auto give_up = host.clock().now() + seconds(60);
    while (shown(peer, "t").error_code != ErrorCode::none && host.clock().now() < give_up)
      host.clock().sleep_for(milliseconds(10));
    EXPECT_EQ(shown(peer, "t").partitions.size(), 100u) << "made all the same";
  });
  world.broker.disk().set_faults({});
}

}  // namespace
}  // namespace fulmar
