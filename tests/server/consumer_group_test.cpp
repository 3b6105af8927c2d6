// Consumer groups (KIP-848) on a broker: responses to members, and descriptions.
#include "broker/client/cluster_client.h"
#include "broker/client/consumer_member.h"
#include "broker/protocol/messages/alter_configs.h"
#include "broker/protocol/messages/classic_group.h"
#include "broker/protocol/messages/find_coordinator.h"
#include "broker/protocol/messages/group_offsets.h"
#include "broker/protocol/messages/groups.h"
#include "broker/protocol/messages/topics.h"
#include "broker_test_kit.h"

namespace fulmar {
namespace {

constexpr const char* group = "readers";

void make_topic(Peer& peer, const std::string& name, std::int32_t partitions) {
  CreateTopicsRequest request;
  request.timeout_ms = 5000;
  auto& topic = request.topics.emplace_back();
  topic.name = name;
  topic.num_partitions = partitions;
  topic.replication_factor = 1;
  ASSERT_EQ(peer.call<CreateTopicsResponse>(request, 7).topics.at(0).error_code, ErrorCode::none);
}

ConsumerGroupDescribeResponse::Group described(Peer& peer, const std::string& name = group) {
  return peer.call<ConsumerGroupDescribeResponse>(ConsumerGroupDescribeRequest{{name}, true}, 1).groups.at(0);
}

// Runs the body once topic "a" with two partitions exists and there is a group coordinator.
void with_groups(std::function<void(Host&, Peer&)> body, Properties properties = {}) {
  properties.insert({{"offsets.topic.num.partitions", "3"},
                     {"group.consumer.session.timeout.ms", "10000"},
                     {"group.consumer.min.session.timeout.ms", "10000"}});
  BrokerWorld cluster(properties);
  cluster.run([&](Host& host) {
    Peer peer(host);
    make_topic(peer, "a", 2);
    FindCoordinatorRequest find;
    find.coordinator_keys = {group};
    while (peer.call<FindCoordinatorResponse>(find, 4).coordinators.at(0).error_code != ErrorCode::none)
      host.clock().sleep_for(milliseconds(100));
    while (described(peer).error_code != ErrorCode::group_id_not_found) host.clock().sleep_for(milliseconds(100));
    body(host, peer);
  });
}

ConsumerGroupHeartbeatRequest joining(const std::string& member) {
  ConsumerGroupHeartbeatRequest request;
  request.group_id = group;
  request.member_id = member;
  request.rebalance_timeout_ms = 10'000;
  request.subscribed_topic_names = {"a"};
  request.topic_partitions.emplace();
  return request;
}

std::size_t partitions_in(const ConsumerGroupHeartbeatResponse& response) {
  std::size_t count = 0;
  if (response.assignment)
    for (const auto& topic : response.assignment->topic_partitions) count += topic.partitions.size();
  return count;
}

// By kafka-configs --entity-type groups, while the group lives.
TEST(ConsumerGroups, AGroupMayHaveTimesOfItsOwn) {
  with_groups(
      [](Host& host, Peer& peer) {
        EXPECT_EQ(peer.call<ConsumerGroupHeartbeatResponse>(joining("me"), 1).heartbeat_interval_ms, 5'000);
        auto alter = [&](const std::string& name, const std::string& value) {
          IncrementalAlterConfigsRequest request;
          request.resources.push_back({static_cast<std::int8_t>(ConfigResource::group), group, {{name, 0, value}}});
          EXPECT_EQ(peer.call<IncrementalAlterConfigsResponse>(request, 1).responses.at(0).error_code, ErrorCode::none);
        };
        alter("consumer.heartbeat.interval.ms", "1000");
        alter("consumer.session.timeout.ms", "3000");
        EXPECT_EQ(peer.call<ConsumerGroupHeartbeatResponse>(joining("me"), 1).heartbeat_interval_ms, 1'000);
        host.clock().sleep_for(milliseconds(2'000));
        EXPECT_EQ(described(peer).members.size(), 1U);
        host.clock().sleep_for(milliseconds(2'000));
        EXPECT_EQ(described(peer).members.size(), 0U) << "the session that the group is configured with has ended";
      },
      {{"group.consumer.min.session.timeout.ms", "1000"}, {"group.consumer.min.heartbeat.interval.ms", "500"}});
}

TEST(ConsumerGroups, AMemberIsAssignedAndCommitsAndIsDescribed) {
  with_groups([](Host&, Peer& peer) {
    auto joined = peer.call<ConsumerGroupHeartbeatResponse>(joining("me"), 1);
    EXPECT_EQ(joined.error_code, ErrorCode::none) << joined.error_message.value_or("");
    EXPECT_EQ(joined.member_epoch, 1);
    EXPECT_EQ(joined.heartbeat_interval_ms, 5'000);
    EXPECT_EQ(partitions_in(joined), 2U);

    OffsetCommitRequest commit;
    commit.group_id = group;
    commit.member_id = "me";
    commit.generation_id_or_member_epoch = 1;
    commit.topics.push_back({"a", {}, {{0, 5, -1, "five"}}});
    EXPECT_EQ(peer.call<OffsetCommitResponse>(commit, 9).topics.at(0).partitions.at(0).error_code, ErrorCode::none);
    commit.generation_id_or_member_epoch = 2;
    EXPECT_EQ(peer.call<OffsetCommitResponse>(commit, 9).topics.at(0).partitions.at(0).error_code,
              ErrorCode::stale_member_epoch);

    auto told = described(peer);
    EXPECT_EQ(told.group_state, "Stable");
    EXPECT_EQ(told.group_epoch, 1);
    EXPECT_EQ(told.assignment_epoch, 1);
    EXPECT_EQ(told.assignor_name, "uniform");
    ASSERT_EQ(told.members.size(), 1U);
    EXPECT_EQ(told.members[0].member_id, "me");
    EXPECT_EQ(told.members[0].member_type, 1);
    ASSERT_EQ(told.members[0].assignment.topic_partitions.size(), 1U);
    EXPECT_EQ(told.members[0].assignment.topic_partitions[0].topic_name, "a");

    auto listed = peer.call<ListGroupsResponse>(ListGroupsRequest{{}, {"Consumer"}}, 5).groups;
    ASSERT_EQ(listed.size(), 1U);
    EXPECT_EQ(listed[0].group_type, "consumer");
    EXPECT_EQ(listed[0].protocol_type, "consumer");
    EXPECT_TRUE(peer.call<ListGroupsResponse>(ListGroupsRequest{{}, {"classic"}}, 5).groups.empty());
    auto classic = peer.call<DescribeGroupsResponse>(DescribeGroupsRequest{{group}, false}, 6).groups.at(0);
    EXPECT_EQ(classic.error_code, ErrorCode::group_id_not_found);
    EXPECT_EQ(classic.error_message, "Group readers is not a classic group.");
    EXPECT_EQ(peer.call<DeleteGroupsResponse>(DeleteGroupsRequest{{group}}, 2).results.at(0).error_code,
              ErrorCode::non_empty_group);

    auto leaving = joining("me");
    leaving.member_epoch = -1;
    EXPECT_EQ(peer.call<ConsumerGroupHeartbeatResponse>(leaving, 1).member_epoch, -1);
    EXPECT_EQ(described(peer).group_state, "Empty");
    EXPECT_EQ(peer.call<DeleteGroupsResponse>(DeleteGroupsRequest{{group}}, 2).results.at(0).error_code,
              ErrorCode::none);
    EXPECT_EQ(described(peer).error_message, "Group readers not found.");
    EXPECT_EQ(described(peer, "").error_code, ErrorCode::invalid_group_id);
  });
}

TEST(ConsumerGroups, NewPartitionsAndTopicsThatAPatternStandsForAreAssigned) {
  with_groups([](Host& host, Peer& peer) {
    auto join = joining("me");
    join.subscribed_topic_names.reset();
    join.subscribed_topic_regex = "a|b.*";
    auto told = peer.call<ConsumerGroupHeartbeatResponse>(join, 1);
    ASSERT_EQ(told.error_code, ErrorCode::none);
    ConsumerGroupHeartbeatRequest beat;
    beat.group_id = group;
    beat.member_id = "me";
    auto until = [&](std::size_t partitions) {
      for (int n = 0; n < 60 && partitions_in(told) != partitions; ++n) {
        host.clock().sleep_for(milliseconds(500));
        beat.member_epoch = told.member_epoch;
        auto next = peer.call<ConsumerGroupHeartbeatResponse>(beat, 1);
        ASSERT_EQ(next.error_code, ErrorCode::none);
        told.member_epoch = next.member_epoch;
        if (next.assignment) told.assignment = next.assignment;
      }
      EXPECT_EQ(partitions_in(told), partitions);
    };
    until(2);
    CreatePartitionsRequest more;
    more.timeout_ms = 5000;
    more.topics.push_back({"a", 5, std::nullopt});
    ASSERT_EQ(peer.call<CreatePartitionsResponse>(more, 2).results.at(0).error_code, ErrorCode::none);
    until(5);
    make_topic(peer, "bees", 3);
    until(8);
  });
}

}  // namespace
}  // namespace fulmar
