// What access control lists allow is done, and no more: each family of requests with just what it needs, and what is
// withdrawn later.
#include "broker/protocol/messages/acls.h"
#include "broker/protocol/messages/consumer_group.h"
#include "broker/protocol/messages/describe_cluster.h"
#include "broker/protocol/messages/find_coordinator.h"
#include "broker/protocol/messages/group_offsets.h"
#include "broker/protocol/messages/groups.h"
#include "broker/protocol/messages/transactions.h"
#include "tests/server/guarded_kit.h"

namespace fulmar {
namespace {

using enum ErrorCode;
using AclResourceType::cluster;
using AclResourceType::group;
using AclResourceType::topic;
using AclResourceType::transactional_id;
using Operation = AclOperation;

const std::string cluster_name(acl_cluster_name);

void make_topic(GuardedWorld& world, const std::string& name) {
  world.as_operator([&](Peer& peer) { EXPECT_EQ(create_topic(peer, name, 1).error_code, none); });
}

MetadataResponse::Topic topic_in_metadata(Peer& peer, const std::string& name, bool create = false) {
  return metadata(peer, {name}, create).topics.at(0);
}

std::vector<std::string> topics_seen(Peer& peer) {
  std::vector<std::string> names;
  for (const auto& one : peer.call<MetadataResponse>(MetadataRequest{}, 12).topics) names.push_back(*one.name);
  return names;
}

TEST(Granted, TopicsAreSeenWrittenAndReadByWhoMay) {
  GuardedWorld world;
  make_topic(world, "a");
  make_topic(world, "b");
  world.grant({world.allow(Operation::write, topic, "a")});
  world.as_stranger([&](Peer& peer) {
    EXPECT_EQ(topics_seen(peer), std::vector<std::string>{"a"}) << "who may write may describe";
    EXPECT_EQ(produce(peer, "a", 0, batch_of(1, "x")).error_code, none);
    EXPECT_EQ(produce(peer, "b", 0, batch_of(1, "x")).error_code, topic_authorization_failed);
    EXPECT_EQ(fetch(peer, {"a"}).error_code, topic_authorization_failed);
    EXPECT_EQ(topic_in_metadata(peer, "b").error_code, topic_authorization_failed);
    auto id = peer.call<InitProducerIdResponse>(InitProducerIdRequest{}, 4);
    EXPECT_EQ(id.error_code, none) << "who may write to some topic may be idempotent";
  });
  world.grant({world.allow(Operation::read, topic, "a", AclPatternType::prefixed)});
  world.as_stranger(
      [&](Peer& peer) { EXPECT_EQ(values_of(fetch(peer, {"a"}).records), std::vector<std::string>{"x"}); });
  world.grant({world.to_stranger(AclPermission::deny, Operation::read, topic, "*")});
  world.as_stranger([&](Peer& peer) {
    EXPECT_EQ(fetch(peer, {"a"}).error_code, topic_authorization_failed);
    EXPECT_EQ(produce(peer, "a", 0, batch_of(1, "x")).error_code, none);
  });
  world.withdraw_all();
  world.as_stranger([&](Peer& peer) {
    EXPECT_EQ(produce(peer, "a", 0, batch_of(1, "x")).error_code, topic_authorization_failed);
    EXPECT_TRUE(topics_seen(peer).empty());
  });
}

// acks=0 has no response: the connection is closed, and nothing is written.
TEST(Granted, WhatIsDeniedWithoutAResponseEndsTheConnection) {
  GuardedWorld world;
  make_topic(world, "a");
  world.as_stranger([&](Peer& peer) {
    peer.send(produce_request("a", 0, batch_of(1, "x"), 0), produce_version);
    EXPECT_TRUE(peer.is_closed());
  });
  world.as_operator([&](Peer& peer) { EXPECT_TRUE(fetch(peer, {"a"}).records.empty()); });
}

TEST(Granted, AFetchSessionDoesNotKeepWhatIsWithdrawn) {
  GuardedWorld world;
  make_topic(world, "a");
  world.as_operator([&](Peer& peer) { EXPECT_EQ(produce(peer, "a", 0, batch_of(1, "x")).error_code, none); });
  world.grant({world.allow(Operation::read, topic, "a")});
  Node& operators = world.operators_node();
  world.as_stranger([&](Peer& peer) {
    auto request = fetch_request({{"a"}});
    request.session_epoch = 0;
    auto first = peer.call<FetchResponse>(request, fetch_version);
    ASSERT_NE(first.session_id, 0);
    EXPECT_EQ(values_of(first.topics.at(0).partitions.at(0).records), std::vector<std::string>{"x"});
    // A long poll from the end on, within the session.
    auto next = fetch_request({{"a", 0, 1}}, 5000);
    next.session_id = first.session_id;
    next.session_epoch = 1;
    auto id = peer.send(next, fetch_version);
    world.from_outside(peer.host(), [&] {
      operators.start(1, [&](Host& host) {
        Peer admin(host);
        world.withdraw_all(admin);
        EXPECT_EQ(produce(admin, "a", 0, batch_of(1, "hidden")).error_code, none);
        return 0;
      });
    });
    auto waited = peer.receive<FetchResponse>(id, fetch_version);
    ASSERT_EQ(waited.topics.size(), 1u);
    EXPECT_EQ(waited.topics.at(0).partitions.at(0).error_code, topic_authorization_failed);
    EXPECT_TRUE(waited.topics.at(0).partitions.at(0).records.empty());
    FetchRequest unchanged;
    unchanged.session_id = first.session_id;
    unchanged.session_epoch = 2;
    auto again = peer.call<FetchResponse>(unchanged, fetch_version);
    ASSERT_EQ(again.topics.size(), 1u) << "told each time";
    EXPECT_EQ(again.topics.at(0).partitions.at(0).error_code, topic_authorization_failed);
  });
}

TEST(Granted, TopicsAreMadeOnDemandForWhoMayCreateThem) {
  GuardedWorld world;
  world.grant({world.allow(Operation::describe, topic, "*"),
               world.allow(Operation::create, topic, "own-", AclPatternType::prefixed)});
  world.as_stranger([&](Peer& peer) {
    EXPECT_EQ(topic_in_metadata(peer, "other", true).error_code, topic_authorization_failed);
    EXPECT_EQ(topic_in_metadata(peer, "own-1", true).error_code, unknown_topic_or_partition) << "is being made";
    EXPECT_EQ(topic_in_metadata(peer, "own-1", true).error_code, none);
    EXPECT_EQ(topic_in_metadata(peer, "other").error_code, unknown_topic_or_partition);
  });
  world.grant({world.allow(Operation::create, cluster, cluster_name)});
  world.as_stranger([&](Peer& peer) {
    EXPECT_EQ(topic_in_metadata(peer, "other", true).error_code, unknown_topic_or_partition);
    EXPECT_EQ(topic_in_metadata(peer, "other", true).error_code, none);
  });
}

TEST(Granted, WhoCreatesATopicSeesItsConfigurationOnlyIfAllowed) {
  GuardedWorld world;
  world.grant({world.allow(Operation::create, topic, "*")});
  auto create = [](Peer& peer, bool validate_only, const std::string& name) {
    CreateTopicsRequest request;
    request.topics = {{name, 1, 1, {}, {}}};
    request.validate_only = validate_only;
    return peer.call<CreateTopicsResponse>(request, 7).topics.at(0);
  };
  world.as_stranger([&](Peer& peer) {
    for (bool validate_only : {true, false}) {
      auto made = create(peer, validate_only, "a");
      EXPECT_EQ(made.error_code, none);
      EXPECT_EQ(made.topic_config_error_code, topic_authorization_failed);
      EXPECT_FALSE(made.configs.has_value());
      EXPECT_EQ(made.num_partitions, -1);
    }
  });
  world.grant({world.allow(Operation::describe_configs, topic, "*")});
  world.as_stranger([&](Peer& peer) {
    auto made = create(peer, false, "b");
    EXPECT_EQ(made.topic_config_error_code, none);
    EXPECT_EQ(made.num_partitions, 1);
  });
}

TEST(Granted, TheAllowedOperationsAreTold) {
  GuardedWorld world;
  make_topic(world, "a");
  world.grant({world.allow(Operation::write, topic, "a"), world.allow(Operation::read, group, "g"),
               world.allow(Operation::create, cluster, cluster_name)});
  world.as_stranger([&](Peer& peer) {
    MetadataRequest request;
    request.topics.emplace();
    request.topics->push_back({{}, "a"});
    request.include_topic_authorized_operations = true;
    request.include_cluster_authorized_operations = true;
    auto told = peer.call<MetadataResponse>(request, 10);
    EXPECT_EQ(told.topics.at(0).authorized_operations, 1 << 4 | 1 << 8) << "WRITE, and so DESCRIBE";
    EXPECT_EQ(told.cluster_authorized_operations, 0) << "the cluster may not be described";
    DescribeGroupsRequest groups;
    groups.groups = {"g"};
    groups.include_authorized_operations = true;
    auto described = peer.call<DescribeGroupsResponse>(groups, 5).groups.at(0);
    if (described.error_code == none) {
      EXPECT_EQ(described.authorized_operations, 1 << 3 | 1 << 8);
    }
  });
  world.grant({world.allow(Operation::describe, cluster, cluster_name)});
  world.as_stranger([&](Peer& peer) {
    DescribeClusterRequest request;
    request.include_cluster_authorized_operations = true;
    EXPECT_EQ(peer.call<DescribeClusterResponse>(request, 1).cluster_authorized_operations, 1 << 5 | 1 << 8);
  });
}

TEST(Granted, GroupsNeedTheGroupAndTheTopic) {
  GuardedWorld world;
  make_topic(world, "a");
  make_topic(world, "b");
  world.grant({world.allow(Operation::read, group, "g"), world.allow(Operation::read, topic, "a")});
  world.as_stranger([&](Peer& peer) {
    auto commit = [&](const std::string& group_id) {
      OffsetCommitRequest request;
      request.group_id = group_id;
      request.topics = {{"a", {}, {{0, 5, -1, ""}}}, {"b", {}, {{0, 6, -1, ""}}}, {"c", {}, {{0, 7, -1, ""}}}};
      std::map<std::string, ErrorCode> errors;
      for (const auto& one : peer.call<OffsetCommitResponse>(request, 8).topics)
        errors[one.name] = one.partitions.at(0).error_code;
      return errors;
    };
    FindCoordinatorRequest find;
    find.coordinator_keys = {"g"};
    std::map<std::string, ErrorCode> errors;
    for (int tries = 0; tries < 100; ++tries) {
      peer.call<FindCoordinatorResponse>(find, 4);
      errors = commit("g");
      if (errors["a"] == none) break;
      peer.host().clock().sleep_for(milliseconds(100));
    }
    EXPECT_EQ(errors, (std::map<std::string, ErrorCode>{
                          {"a", none}, {"b", topic_authorization_failed}, {"c", topic_authorization_failed}}));
    EXPECT_EQ(commit("h")["a"], group_authorization_failed);
    OffsetFetchRequest all;
    all.group_id = "g";
    auto fetched = peer.call<OffsetFetchResponse>(all, 7);
    ASSERT_EQ(fetched.topics.size(), 1u);
    EXPECT_EQ(fetched.topics.at(0).partitions.at(0).committed_offset, 5);
    auto listed = peer.call<ListGroupsResponse>(ListGroupsRequest{}, 4);
    ASSERT_EQ(listed.groups.size(), 1u);
    // Of a consumer group the topics must be describable, too.
    ConsumerGroupHeartbeatRequest join;
    join.group_id = "g";
    join.member_id = "m";
    join.rebalance_timeout_ms = 10000;
    join.topic_partitions.emplace();
    join.subscribed_topic_names = {"a", "b"};
    EXPECT_EQ(peer.call<ConsumerGroupHeartbeatResponse>(join, 1).error_code, topic_authorization_failed);
  });
  // Once the topic may not be described any more, its offsets are not told.
  world.withdraw_all();
  world.grant({world.allow(Operation::read, group, "g")});
  world.as_stranger([&](Peer& peer) {
    OffsetFetchRequest all;
    all.group_id = "g";
    EXPECT_TRUE(peer.call<OffsetFetchResponse>(all, 7).topics.empty());
    all.topics.emplace();
    all.topics->push_back({"a", {0}});
    EXPECT_EQ(peer.call<OffsetFetchResponse>(all, 7).topics.at(0).partitions.at(0).error_code,
              topic_authorization_failed);
  });
}

// KIP-848: an expression stands for the topics that the member may describe.
TEST(Granted, ARegularExpressionFindsOnlyWhatMayBeDescribed) {
  GuardedWorld world;
  make_topic(world, "logs-a");
  make_topic(world, "logs-b");
  world.grant({world.allow(Operation::read, group, "g"), world.allow(Operation::read, topic, "logs-a")});
  world.as_stranger([&](Peer& peer) {
    ConsumerGroupHeartbeatRequest join;
    join.group_id = "g";
    join.member_id = "m";
    join.rebalance_timeout_ms = 10000;
    join.topic_partitions.emplace();
    join.subscribed_topic_regex = "logs-.*";
    FindCoordinatorRequest find;
    find.coordinator_keys = {"g"};
    std::size_t topics = 0;
    for (int tries = 0; tries < 200; ++tries) {
      peer.call<FindCoordinatorResponse>(find, 4);
      auto response = peer.call<ConsumerGroupHeartbeatResponse>(join, 1);
      if (response.error_code == none) {
        join.member_epoch = response.member_epoch;
        if (response.assignment) topics = response.assignment->topic_partitions.size();
      }
      peer.host().clock().sleep_for(milliseconds(100));
    }
    EXPECT_EQ(topics, 1u);
  });
  world.as_operator([&](Peer& peer) {
    auto described =
        peer.call<ConsumerGroupDescribeResponse>(ConsumerGroupDescribeRequest{{"g"}, false}, 1).groups.at(0);
    for (const auto& member : described.members)
      for (const auto& one : member.assignment.topic_partitions) EXPECT_EQ(one.topic_name, "logs-a");
  });
}

TEST(Granted, OneTopicThatMayNotBeWrittenKeepsAllOutOfATransaction) {
  GuardedWorld world;
  make_topic(world, "a");
  make_topic(world, "b");
  world.grant({world.allow(Operation::write, transactional_id, "t"), world.allow(Operation::write, topic, "a")});
  world.as_stranger([&](Peer& peer) {
    AddPartitionsToTxnRequest add;
    add.transactional_id = "t";
    add.topics = {{"a", {0}}, {"b", {0}}};
    auto added = peer.call<AddPartitionsToTxnResponse>(add, 3);
    EXPECT_EQ(added.topics.at(0).partitions.at(0).error_code, ErrorCode(55)) << "OPERATION_NOT_ATTEMPTED";
    EXPECT_EQ(added.topics.at(1).partitions.at(0).error_code, topic_authorization_failed);
    add.transactional_id = "u";
    EXPECT_EQ(peer.call<AddPartitionsToTxnResponse>(add, 3).topics.at(0).partitions.at(0).error_code,
              transactional_id_authorization_failed);
  });
}

}  // namespace
}  // namespace fulmar
