// Brokers that are added to the controllers, and removed, in whole clusters (KIP-853).
#include "broker/client/inspect.h"
#include "broker/client/quorum_admin.h"
#include "broker/protocol/messages/raft_voters.h"
#include "tests/server/cluster_kit.h"

namespace fulmar {
namespace {

using Quorum = DescribeQuorumResponse::Topic::Partition;

std::set<std::int32_t> brokers_of(const std::vector<DescribeQuorumResponse::Replica>& replicas) {
  std::set<std::int32_t> ids;
  for (const auto& replica : replicas) ids.insert(replica.replica_id);
  return ids;
}

Quorum quorum_of(ClusterClient& cluster) {
  auto quorum = describe_metadata_quorum(cluster);
  EXPECT_TRUE(quorum.has_value());
  return quorum ? *quorum : Quorum{};
}

std::set<std::int32_t> voters_of(ClusterClient& cluster) {
  return brokers_of(quorum_of(cluster).voters);
}

Uuid directory_of(ClusterClient& cluster, std::int32_t broker) {
  auto quorum = quorum_of(cluster);
  for (const auto* replicas : {&quorum.voters, &quorum.observers})
    for (const auto& replica : *replicas)
      if (replica.replica_id == broker) return replica.directory_id;
  return {};
}

ErrorCode add(ClusterClient& cluster, std::int32_t broker) {
  auto added = add_controller(cluster, broker, directory_of(cluster, broker));
  return added ? ErrorCode::none : added.error().code;
}
ErrorCode remove(ClusterClient& cluster, std::int32_t broker) {
  auto removed = remove_controller(cluster, broker, directory_of(cluster, broker));
  return removed ? ErrorCode::none : removed.error().code;
}

TEST(Controllers, AreAddedAndRemovedWhateverTheConfigurationNames) {
  BrokerCluster brokers(1, 5, {}, 3);
  ASSERT_TRUE(brokers.all_ready());
  brokers.world.run_for(seconds(3));
  ASSERT_TRUE(brokers.as_client([&](Host& host, ClusterClient& cluster) {
    EXPECT_EQ(voters_of(cluster), (std::set<std::int32_t>{1, 2, 3}));
    EXPECT_EQ(add(cluster, 4), ErrorCode::none);
    EXPECT_EQ(voters_of(cluster), (std::set<std::int32_t>{1, 2, 3, 4})) << "it votes when that is answered";
    EXPECT_EQ(add(cluster, 4), ErrorCode::duplicate_voter);
    EXPECT_EQ(remove(cluster, 1), ErrorCode::none);
    EXPECT_EQ(remove(cluster, 2), ErrorCode::none);
    EXPECT_EQ(remove(cluster, 2), ErrorCode::voter_not_found);
    EXPECT_EQ(voters_of(cluster), (std::set<std::int32_t>{3, 4}));
    host.clock().sleep_for(seconds(3));
    EXPECT_EQ(voters_of(cluster), (std::set<std::int32_t>{3, 4})) << "and nobody comes back by itself";
    EXPECT_EQ(brokers_of(quorum_of(cluster).observers), (std::set<std::int32_t>{1, 2, 5})) << "they follow";
    create_topic(cluster, "t", 1);
  }));
  // The removed ones are not needed; they restart as observers of the present controllers.
  for (int id : {1, 2}) brokers.broker(id).kill();
  brokers.world.run_for(seconds(15));
  ASSERT_TRUE(brokers.as_client([&](Host&, ClusterClient& cluster) { create_topic(cluster, "u", 1); }));
  for (int id : {1, 2}) brokers.start(id);
  ASSERT_TRUE(brokers.all_ready());
  for (int id : {3, 4, 5}) {
    brokers.broker(id).power_loss();
    brokers.start(id);
  }
  ASSERT_TRUE(brokers.all_ready());
  ASSERT_TRUE(brokers.as_client(
      [&](Host&, ClusterClient& cluster) { EXPECT_EQ(voters_of(cluster), (std::set<std::int32_t>{3, 4})); }));
  EXPECT_TRUE(brokers.stop());
}

TEST(Controllers, TheActiveOneMayBeRemoved) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    BrokerCluster brokers(seed, 3);
    ASSERT_TRUE(brokers.all_ready());
    brokers.world.run_for(seconds(3));
    ASSERT_TRUE(brokers.as_client([&](Host&, ClusterClient& cluster) {
      auto active = quorum_of(cluster).leader_id;
      EXPECT_EQ(remove(cluster, active), ErrorCode::none);
      EXPECT_FALSE(voters_of(cluster).contains(active));
      EXPECT_NE(quorum_of(cluster).leader_id, active);
      auto next = quorum_of(cluster).leader_id;
      EXPECT_EQ(remove(cluster, next), ErrorCode::none);
      auto last = voters_of(cluster);
      ASSERT_EQ(last.size(), 1U);
      EXPECT_EQ(remove(cluster, *last.begin()), ErrorCode::invalid_request) << "somebody has to decide";
      EXPECT_EQ(add(cluster, active), ErrorCode::none);
      EXPECT_EQ(add(cluster, next), ErrorCode::none);
      EXPECT_EQ(voters_of(cluster), (std::set<std::int32_t>{1, 2, 3}));
    }));
    EXPECT_TRUE(brokers.stop());
  }
}

// It is the only one in its controller.quorum.voters, and would otherwise consider itself the whole group.
TEST(Controllers, OneThatWasAloneDoesNotGoOnAloneWithoutItsPromisesOnceOthersDecide) {
  BrokerCluster brokers(1, 3, {}, 1);
  ASSERT_TRUE(brokers.all_ready());
  brokers.world.run_for(seconds(3));
  ASSERT_TRUE(brokers.as_client([&](Host&, ClusterClient& cluster) {
    EXPECT_EQ(add(cluster, 2), ErrorCode::none);
    EXPECT_EQ(add(cluster, 3), ErrorCode::none);
    create_topic(cluster, "t", 1);
  }));
  brokers.broker(1).kill();
  run_process(brokers.world, brokers.broker(1), [](Host& host) {
    auto names = host.disk().list("");
    ASSERT_TRUE(names.has_value());
    int removed = 0;
    for (const auto& entry : *names)
      if (entry.name.starts_with("raft-state-")) removed += host.disk().remove(entry.name).has_value();
    EXPECT_GT(removed, 0);
  });
  brokers.world.run_for(seconds(5));
  ASSERT_TRUE(brokers.as_client([&](Host&, ClusterClient& cluster) { create_topic(cluster, "u", 1, 2); }));
  brokers.start(1);
  ASSERT_TRUE(brokers.all_ready());
  ASSERT_TRUE(brokers.as_client([&](Host&, ClusterClient& cluster) {
    EXPECT_EQ(voters_of(cluster), (std::set<std::int32_t>{1, 2, 3}));
    EXPECT_TRUE(cluster.topic("u").has_value()) << "what was decided without it stays";
  }));
  EXPECT_TRUE(brokers.stop());
}

TEST(Controllers, WhatIsAskedWronglyIsRefusedWithKafkasErrors) {
  BrokerCluster brokers(1, 3, {}, 2);
  ASSERT_TRUE(brokers.all_ready());
  brokers.world.run_for(seconds(3));
  ASSERT_TRUE(brokers.as_client([&](Host&, ClusterClient& cluster) {
    auto directory = directory_of(cluster, 3);
    auto asked = [&](const AddRaftVoterRequest& request) {
      auto response = ask_controller<AddRaftVoterResponse>(cluster, request);
      return response ? response->error_code : response.error().code;
    };
    AddRaftVoterRequest request;
    request.timeout_ms = 1000;
    request.voter_id = 3;
    request.voter_directory_id = directory;
    request.cluster_id = "another";
    EXPECT_EQ(asked(request), ErrorCode::inconsistent_cluster_id);
    request.cluster_id.reset();
    request.voter_directory_id = {};
    EXPECT_EQ(asked(request), ErrorCode::invalid_request);
    request.voter_directory_id = {9, 9};
    EXPECT_EQ(asked(request), ErrorCode::invalid_voter_key);
    request.voter_id = 77;
    EXPECT_EQ(asked(request), ErrorCode::broker_id_not_registered);
    request.voter_id = -1;
    EXPECT_EQ(asked(request), ErrorCode::invalid_request);
    EXPECT_EQ(voters_of(cluster), (std::set<std::int32_t>{1, 2}));
  }));
  EXPECT_TRUE(brokers.stop());
}

}  // namespace
}  // namespace fulmar
