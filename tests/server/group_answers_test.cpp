// Apache Kafka's responses in corner cases of the classic protocol: unknown members, wrong protocols, missing topics.
// Taken from a broker by tests/peers/differ.py, which has more of them.
#include "broker/protocol/messages/classic_group.h"
#include "broker/protocol/messages/find_coordinator.h"
#include "broker/protocol/messages/group_offsets.h"
#include "broker/protocol/messages/groups.h"
#include "broker_test_kit.h"

namespace fulmar {
namespace {

constexpr const char* group = "readers";

// Runs the body once topic "a" with two partitions exists and there is a group coordinator.
void with_groups(std::function<void(Peer&)> body) {
  BrokerWorld cluster({{"group.initial.rebalance.delay.ms", "0"}, {"offsets.topic.num.partitions", "3"}});
  cluster.run([&](Host& host) {
    Peer peer(host);
    CreateTopicsRequest request;
    request.timeout_ms = 5000;
    auto& topic = request.topics.emplace_back();
    topic.name = "a";
    topic.num_partitions = 2;
    topic.replication_factor = 1;
    ASSERT_EQ(peer.call<CreateTopicsResponse>(request, 7).topics.at(0).error_code, ErrorCode::none);
    FindCoordinatorRequest find;
    find.coordinator_keys = {group};
    while (peer.call<FindCoordinatorResponse>(find, 4).coordinators.at(0).error_code != ErrorCode::none)
      host.clock().sleep_for(milliseconds(100));
    while (peer.call<DescribeGroupsResponse>(DescribeGroupsRequest{{group}, false}, 5).groups.at(0).error_code !=
           ErrorCode::none)
      host.clock().sleep_for(milliseconds(100));
    body(peer);
  });
}

JoinGroupRequest join_request(const std::string& member = "") {
  JoinGroupRequest request;
  request.group_id = group;
  request.session_timeout_ms = 10'000;
  request.rebalance_timeout_ms = 10'000;
  request.member_id = member;
  request.protocol_type = "consumer";
  request.protocols = {{"range", Bytes::copy_of(std::string("\0\0\0\0\0\1\0\1a\xff\xff\xff\xff", 13))}};
  return request;
}

// Its member, which gets the assignment "mine".
std::string join_and_sync(Peer& peer) {
  auto first = peer.call<JoinGroupResponse>(join_request(), 9);
  EXPECT_EQ(first.error_code, ErrorCode::member_id_required);
  auto joined = peer.call<JoinGroupResponse>(join_request(first.member_id), 9);
  EXPECT_EQ(joined.error_code, ErrorCode::none);
  EXPECT_EQ(joined.leader, joined.member_id);
  SyncGroupRequest sync{group, 1, joined.member_id, std::nullopt, "consumer", "range", {}};
  sync.assignments.push_back({joined.member_id, Bytes::copy_of("mine")});
  auto synced = peer.call<SyncGroupResponse>(sync, 5);
  EXPECT_EQ(synced.error_code, ErrorCode::none);
  EXPECT_EQ(synced.assignment.view(), "mine");
  return joined.member_id;
}

OffsetCommitRequest commit_request(std::int32_t generation = -1, const std::string& member = "") {
  OffsetCommitRequest request;
  request.group_id = group;
  request.generation_id_or_member_epoch = generation;
  request.member_id = member;
  request.topics.push_back({"a", {}, {{0, 5, -1, "five"}}});
  return request;
}

TEST(GroupAnswers, OneWhoJoinsIsToldWhatIsWrongWithIt) {
  with_groups([](Peer& peer) {
    auto refused = [&](auto change, std::int16_t version = 9) {
      auto request = join_request();
      change(request);
      return peer.call<JoinGroupResponse>(request, version).error_code;
    };
    EXPECT_EQ(refused([](auto& request) { request.group_id = ""; }), ErrorCode::invalid_group_id);
    EXPECT_EQ(refused([](auto& request) { request.session_timeout_ms = 5'999; }), ErrorCode::invalid_session_timeout);
    EXPECT_EQ(refused([](auto& request) { request.session_timeout_ms = 1'800'001; }),
              ErrorCode::invalid_session_timeout);
    EXPECT_EQ(refused([](auto& request) { request.member_id = "stranger"; }), ErrorCode::unknown_member_id);
    EXPECT_EQ(refused([](auto& request) { request.protocols.clear(); }), ErrorCode::inconsistent_group_protocol);
    EXPECT_EQ(refused([](auto& request) { request.protocol_type = ""; }), ErrorCode::inconsistent_group_protocol);
    EXPECT_EQ(refused([](auto&) {}, 3), ErrorCode::none) << "before KIP-394 one join is enough";
  });
}

TEST(GroupAnswers, WhoSyncsHasToNameItsProtocolFromVersion5On) {  // KIP-559
  with_groups([](Peer& peer) {
    auto member = join_and_sync(peer);
    auto error = [&](std::optional<std::string> type, std::optional<std::string> name, std::int16_t version) {
      SyncGroupRequest request{group, 1, member, std::nullopt, std::move(type), std::move(name), {}};
      return peer.call<SyncGroupResponse>(request, version).error_code;
    };
    EXPECT_EQ(error("consumer", "range", 5), ErrorCode::none);
    EXPECT_EQ(error(std::nullopt, "range", 5), ErrorCode::inconsistent_group_protocol);
    EXPECT_EQ(error("consumer", std::nullopt, 5), ErrorCode::inconsistent_group_protocol);
    EXPECT_EQ(error("consumer", "roundrobin", 5), ErrorCode::inconsistent_group_protocol);
    EXPECT_EQ(error(std::nullopt, std::nullopt, 4), ErrorCode::none);
    SyncGroupRequest nobody{"", 1, "x", std::nullopt, std::nullopt, std::nullopt, {}};
    EXPECT_EQ(peer.call<SyncGroupResponse>(nobody, 5).error_code, ErrorCode::inconsistent_group_protocol);
    EXPECT_EQ(peer.call<SyncGroupResponse>(nobody, 4).error_code, ErrorCode::invalid_group_id);
  });
}

TEST(GroupAnswers, OnlyMembersOfTheGenerationBeatAndCommit) {
  with_groups([](Peer& peer) {
    auto member = join_and_sync(peer);
    auto beat = [&](std::int32_t generation, const std::string& who) {
      return peer.call<HeartbeatResponse>(HeartbeatRequest{group, generation, who, std::nullopt}, 4).error_code;
    };
    auto commit = [&](std::int32_t generation, const std::string& who, std::int16_t version = 9) {
      auto response = peer.call<OffsetCommitResponse>(commit_request(generation, who), version);
      return response.topics.at(0).partitions.at(0).error_code;
    };
    EXPECT_EQ(beat(1, member), ErrorCode::none);
    EXPECT_EQ(beat(0, member), ErrorCode::illegal_generation);
    EXPECT_EQ(beat(2, member), ErrorCode::illegal_generation);
    EXPECT_EQ(beat(1, "stranger"), ErrorCode::unknown_member_id);
    EXPECT_EQ(commit(1, member), ErrorCode::none);
    EXPECT_EQ(commit(0, member), ErrorCode::illegal_generation);
    EXPECT_EQ(commit(-1, member), ErrorCode::illegal_generation);
    EXPECT_EQ(commit(-1, ""), ErrorCode::unknown_member_id) << "the group has members";
    EXPECT_EQ(commit(1, "stranger"), ErrorCode::unknown_member_id);
    auto of_none = commit_request(1, member);
    of_none.group_id = "none";
    auto error = [&](std::int16_t version) {
      return peer.call<OffsetCommitResponse>(of_none, version).topics.at(0).partitions.at(0).error_code;
    };
    EXPECT_EQ(error(8), ErrorCode::illegal_generation);
    EXPECT_EQ(error(9), ErrorCode::group_id_not_found);
  });
}

TEST(GroupAnswers, ACommitIsAnsweredPartitionByPartition) {
  with_groups([](Peer& peer) {
    auto request = commit_request();
    request.topics[0].partitions.push_back({7, 1, -1, ""});
    request.topics[0].partitions.push_back({1, 1, -1, std::string(4097, 'x')});
    request.topics.push_back({"none", {}, {{0, 1, -1, std::nullopt}}});
    std::map<std::pair<std::string, std::int32_t>, ErrorCode> errors;
    auto response = peer.call<OffsetCommitResponse>(request, 9);
    EXPECT_EQ(response.topics.size(), 2u);
    for (const auto& topic : response.topics)
      for (const auto& partition : topic.partitions) errors[{topic.name, partition.index}] = partition.error_code;
    EXPECT_EQ((errors[{"a", 0}]), ErrorCode::none);
    EXPECT_EQ((errors[{"a", 1}]), ErrorCode::offset_metadata_too_large);
    EXPECT_EQ((errors[{"a", 7}]), ErrorCode::unknown_topic_or_partition);
    EXPECT_EQ((errors[{"none", 0}]), ErrorCode::unknown_topic_or_partition);

    OffsetFetchRequest fetch;
    fetch.groups.push_back({group, std::nullopt, -1, {{{"a", {}, {0, 1, 7}}, {"none", {}, {0}}}}});
    auto fetched = peer.call<OffsetFetchResponse>(fetch, 9).groups.at(0);
    ASSERT_EQ(fetched.topics.size(), 2u);
    EXPECT_EQ(fetched.topics[0].partitions.at(0).committed_offset, 5);
    EXPECT_EQ(fetched.topics[0].partitions.at(0).metadata, "five");
    for (std::size_t n : {1, 2}) {
      EXPECT_EQ(fetched.topics[0].partitions.at(n).committed_offset, -1);
      EXPECT_EQ(fetched.topics[0].partitions.at(n).error_code, ErrorCode::none);
    }
    EXPECT_EQ(fetched.topics[1].partitions.at(0).committed_offset, -1);
  });
}

TEST(GroupAnswers, GroupsAreDeletedOnceTheyHaveNoMembers) {
  with_groups([](Peer& peer) {
    auto member = join_and_sync(peer);
    EXPECT_EQ(peer.call<OffsetCommitResponse>(commit_request(1, member), 9).topics.at(0).partitions.at(0).error_code,
              ErrorCode::none);
    auto removed = peer.call<DeleteGroupsResponse>(DeleteGroupsRequest{{group, "none", group}}, 2);
    ASSERT_EQ(removed.results.size(), 2u) << "each once";
    EXPECT_EQ(removed.results[0].error_code, ErrorCode::non_empty_group);
    EXPECT_EQ(removed.results[1].error_code, ErrorCode::group_id_not_found);

    LeaveGroupRequest leave;
    leave.group_id = group;
    leave.members = {{member, std::nullopt, std::nullopt}, {member, std::nullopt, std::nullopt}};
    auto left = peer.call<LeaveGroupResponse>(leave, 5);
    ASSERT_EQ(left.members.size(), 2u);
    EXPECT_EQ(left.members[0].error_code, ErrorCode::none);
    EXPECT_EQ(left.members[1].error_code, ErrorCode::unknown_member_id);
    EXPECT_EQ(peer.call<DeleteGroupsResponse>(DeleteGroupsRequest{{group}}, 2).results.at(0).error_code,
              ErrorCode::none);

    OffsetFetchRequest fetch;
    fetch.groups.push_back({group, std::nullopt, -1, std::nullopt});
    EXPECT_TRUE(peer.call<OffsetFetchResponse>(fetch, 9).groups.at(0).topics.empty());
    auto described = [&](std::int16_t version) {
      return peer.call<DescribeGroupsResponse>(DescribeGroupsRequest{{group}, false}, version).groups.at(0);
    };
    EXPECT_EQ(described(5).error_code, ErrorCode::none);
    EXPECT_EQ(described(5).group_state, "Dead");
    EXPECT_EQ(described(6).error_code, ErrorCode::group_id_not_found);  // KIP-1043
  });
}

}  // namespace
}  // namespace fulmar
