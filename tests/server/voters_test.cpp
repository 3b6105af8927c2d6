// The wanted voters of the metadata group, and which brokers may be added or removed.
#include "broker/server/controller/voters.h"

#include <gtest/gtest.h>

namespace fulmar {
namespace {

ReplicaId replica(std::int32_t broker) {
  return {broker, {1, static_cast<std::uint64_t>(broker)}};
}
std::vector<ReplicaId> replicas(std::initializer_list<std::int32_t> brokers) {
  std::vector<ReplicaId> all;
  for (auto broker : brokers) all.push_back(replica(broker));
  return all;
}

// Brokers 1 to 5 are alive; 1 to 3 are configured, and are the voters.
struct Voters : testing::Test {
  Voters() {
    for (std::int32_t id = 1; id <= 5; ++id) {
      image.brokers[id].directory = replica(id).directory;
      image.brokers[id].fenced = false;
    }
  }
  std::vector<ReplicaId> wanted() const { return wanted_voters(image, now, {1, 2, 3}); }

  MetadataImage image;
  MetadataVoters now{replicas({1, 2, 3}), replicas({1, 2, 3})};
};

TEST_F(Voters, AreThoseThatAreConfiguredUnlessTheMetadataSaysOtherwise) {
  EXPECT_EQ(wanted(), now.target);
  image.controllers = {{3, false}, {4, true}};
  EXPECT_EQ(wanted(), replicas({1, 2, 4}));
  now = {replicas({1, 2, 4}), replicas({1, 2, 4})};
  EXPECT_EQ(wanted(), replicas({1, 2, 4})) << "the removed one is not added again, though it is configured";
  image.controllers = {};
  EXPECT_EQ(wanted(), replicas({1, 2, 3, 4}));
}

TEST_F(Voters, AreNotAddedWhileTheyAreDown) {
  image.controllers = {{4, true}};
  image.brokers[4].fenced = true;
  EXPECT_EQ(wanted(), replicas({1, 2, 3}));
  now.target = replicas({1, 2, 3, 4});
  EXPECT_EQ(wanted(), replicas({1, 2, 3})) << "nor waited for";
  image.brokers[3].fenced = true;
  EXPECT_EQ(wanted(), replicas({1, 2, 3})) << "who votes stays";
  image.brokers[3].leaving = true;
  EXPECT_EQ(wanted(), replicas({1, 2}));
}

TEST_F(Voters, ThatComeWithAnotherDirectoryTakeThePlaceOfWhatTheyWere) {
  image.brokers[2].directory = {9, 9};
  EXPECT_EQ(wanted(), (std::vector<ReplicaId>{replica(1), {2, {9, 9}}, replica(3)}));
}

TEST_F(Voters, AreAddedAndRemovedWithinLimits) {
  auto add = [&](const ReplicaId& id) { return may_add_voter(image, now, id).error; };
  auto remove = [&](const ReplicaId& id) { return may_remove_voter(now, id).error; };
  EXPECT_EQ(add(replica(4)), ErrorCode::none);
  EXPECT_EQ(add(replica(3)), ErrorCode::duplicate_voter);
  EXPECT_EQ(add({3, {9, 9}}), ErrorCode::duplicate_voter) << "whatever its directory";
  EXPECT_EQ(add(replica(6)), ErrorCode::broker_id_not_registered);
  EXPECT_EQ(add({4, {9, 9}}), ErrorCode::invalid_voter_key);
  image.brokers[4].fenced = true;
  EXPECT_EQ(add(replica(4)), ErrorCode::request_timed_out);
  EXPECT_EQ(remove(replica(3)), ErrorCode::none);
  EXPECT_EQ(remove({3, {9, 9}}), ErrorCode::voter_not_found);
  EXPECT_EQ(remove(replica(4)), ErrorCode::voter_not_found);
  now = {replicas({1}), replicas({1})};
  EXPECT_EQ(remove(replica(1)), ErrorCode::invalid_request);
  image.brokers[6] = image.brokers[7] = image.brokers[5];
  image.brokers[6].directory = replica(6).directory;
  now = {replicas({1, 2, 3, 5, 7}), replicas({1, 2, 3, 5, 7})};
  EXPECT_EQ(add(replica(6)), ErrorCode::invalid_request) << "as many as there may be";
}

}  // namespace
}  // namespace fulmar
