#include "broker/client/cluster_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "broker/client/admin.h"
#include "broker/client/consumer.h"
#include "broker/client/partition_admin.h"
#include "broker/protocol/messages/leaders.h"
#include "broker/protocol/messages/list_offsets.h"
#include "tests/client/fake_cluster.h"

namespace fulmar {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;

const auto dead = FakeBroker::address(77);  // nobody listens there

Reaction never_asked(const Asked&) {
  ADD_FAILURE() << "nothing but metadata should be asked for";
  return hang_up();
}

Reaction answer_created(const Asked& asked, ErrorCode error) {
  CreateTopicsResponse response;
  auto& topic = response.topics.emplace_back();
  topic.name = asked.as<CreateTopicsRequest>().topics.at(0).name;
  topic.error_code = error;
  return answer(asked, response);
}

CreateTopicsRequest::Topic new_topic() {
  CreateTopicsRequest::Topic topic;
  topic.name = "t";
  topic.num_partitions = 1;
  topic.replication_factor = 1;
  return topic;
}

TEST(ClusterClient, FindsTheClusterByTheFirstAddressThatAnswers) {
  FakeCluster cluster({}, 1, never_asked);
  auto chosen = FakeCluster::options();
  chosen.bootstrap = {dead, FakeBroker::address()};
  cluster.run(
      [](Host&, ClusterClient& client) {
        auto topic = client.topic("t");
        ASSERT_TRUE(topic.has_value()) << to_string(topic.error());
        EXPECT_EQ(topic->partitions.size(), 1u);
      },
      chosen);
}

TEST(ClusterClient, SaysOfEachAddressWhyNoClusterIsThereAndDoesNotKeepTrying) {
  FakeCluster cluster({}, 1, never_asked);
  auto chosen = FakeCluster::options();
  chosen.bootstrap = {dead, FakeBroker::address(78)};
  cluster.run(
      [&](Host& host, ClusterClient& client) {
        auto begun = host.clock().now();
        auto metadata = client.metadata(std::nullopt);
        ASSERT_FALSE(metadata.has_value());
        EXPECT_EQ(metadata.error().code, ErrorCode::network_exception);
        for (const auto& address : chosen.bootstrap)
          EXPECT_THAT(metadata.error().detail, HasSubstr(to_string(address)));
        EXPECT_LT(host.clock().now() - begun, chosen.patience);
      },
      chosen);
}

// A broker that is cut off from the others returns the old leader, however often it is asked.
TEST(ClusterClient, AsksAnotherBrokerForALeaderThatIsInDoubt) {
  FakeCluster cluster({}, 3, never_asked);
  cluster.leaders = {2};
  cluster.run([](Host& host, ClusterClient& client) {
    for (int i = 0; i < 3; ++i) {
      ASSERT_TRUE(client.leader_of("t", 0, host.clock().deadline_in(seconds(1))).has_value());
      for (int fiber = 0; fiber < 3; ++fiber) client.doubt_leader("t", 0);
    }
  });
  auto asked = cluster.brokers_asked(ApiKey::metadata);
  ASSERT_EQ(asked.size(), 3u);
  EXPECT_EQ(std::set<int>(asked.begin(), asked.end()).size(), 3u);
}

TEST(ClusterClient, SendsChangesOfTopicsToTheControllerAndFindsItAgainWhenItMoves) {
  FakeCluster* moved = nullptr;
  FakeCluster cluster({ApiKey::create_topics}, 3, [&](const Asked& asked) {
    moved->controller = 3;
    return answer_created(asked, asked.broker == 3 ? ErrorCode::none : ErrorCode::not_controller);
  });
  moved = &cluster;
  cluster.controller = 2;
  cluster.run([](Host&, ClusterClient& client) {
    auto created = create_topic(client, new_topic());
    EXPECT_TRUE(created.has_value()) << to_string(created.error());
  });
  EXPECT_THAT(cluster.brokers_asked(ApiKey::create_topics), ElementsAre(2, 3));
}

TEST(ClusterClient, ATopicIsMadeOnceItIsLed) {
  int asked_metadata = 0;
  FakeCluster cluster({ApiKey::create_topics}, 1,
                      [](const Asked& asked) { return answer_created(asked, ErrorCode::none); });
  cluster.leaders = {-1};
  cluster.on_metadata = [&] {
    if (++asked_metadata == 4) cluster.leaders = {1};
  };
  cluster.run([](Host&, ClusterClient& client) {
    auto created = create_topic(client, new_topic());
    ASSERT_TRUE(created.has_value()) << to_string(created.error());
    EXPECT_EQ(created->partitions.at(0).leader_id, 1);
  });
  EXPECT_EQ(asked_metadata, 4);
}

TEST(ClusterClient, SaysThatATryWithoutAnswerMayHaveMadeTheTopic) {
  int n = 0;
  FakeCluster cluster({ApiKey::create_topics}, 1, [&](const Asked& asked) {
    return n++ == 0 ? hang_up() : answer_created(asked, ErrorCode::topic_already_exists);
  });
  cluster.run([](Host&, ClusterClient& client) {
    auto created = create_topic(client, new_topic());
    ASSERT_FALSE(created.has_value());
    EXPECT_EQ(created.error().code, ErrorCode::topic_already_exists);
    EXPECT_THAT(created.error().detail, HasSubstr("an earlier try"));
  });
}

Reaction answer_added(const Asked& asked, ErrorCode error) {
  CreatePartitionsResponse response;
  response.results.push_back({asked.as<CreatePartitionsRequest>().topics.at(0).name, error, "so it is"});
  return answer(asked, response);
}

TEST(ClusterClient, WaitsForPartitionsThatTakeLongerThanARequest) {
  int n = 0;
  FakeCluster cluster({ApiKey::create_partitions}, 1, [&](const Asked& asked) {
    cluster.leaders = {1, 1, -1};
    return answer_added(asked, n++ == 0 ? ErrorCode::request_timed_out : ErrorCode::invalid_partitions);
  });
  int asked_metadata = 0;
  cluster.on_metadata = [&] {
    if (n == 2 && ++asked_metadata == 3) cluster.leaders.back() = 1;
  };
  cluster.run([&](Host&, ClusterClient& client) {
    auto added = add_partitions(client, "t", 3);
    EXPECT_TRUE(added.has_value()) << to_string(added.error());
    EXPECT_EQ(cluster.leaders.back(), 1) << "it did not wait for the last leader";
  });
}

TEST(ClusterClient, DoesNotTakeOthersPartitionsForItsOwn) {
  int n = 0;
  FakeCluster cluster({ApiKey::create_partitions}, 1, [&](const Asked& asked) {
    cluster.leaders = {1, 1, 1, 1};
    return answer_added(asked, n++ == 0 ? ErrorCode::request_timed_out : ErrorCode::invalid_partitions);
  });
  cluster.run([&](Host&, ClusterClient& client) {
    auto added = add_partitions(client, "t", 3);
    ASSERT_FALSE(added.has_value());
    EXPECT_EQ(added.error().code, ErrorCode::invalid_partitions);
  });
}

TEST(ClusterClient, WaitsForATopicThatTakesLongerThanARequest) {
  int n = 0;
  FakeCluster cluster({ApiKey::create_topics}, 1, [&](const Asked& asked) {
    auto request = asked.as<CreateTopicsRequest>();
    EXPECT_LT(request.timeout_ms, 10'000) << "so that the broker's word comes before the client gives up";
    return answer_created(asked, n++ == 0 ? ErrorCode::request_timed_out : ErrorCode::topic_already_exists);
  });
  cluster.run([](Host&, ClusterClient& client) {
    auto created = create_topic(client, new_topic());
    ASSERT_TRUE(created.has_value()) << to_string(created.error());
    EXPECT_EQ(created->partitions.size(), 1u);
  });
  EXPECT_EQ(n, 2);
}

TEST(ClusterClient, AsksEachLeaderForItsOwnPartitions) {
  FakeCluster cluster({ApiKey::list_offsets}, 2, [](const Asked& asked) {
    ListOffsetsResponse response;
    auto& topic = response.topics.emplace_back();
    topic.name = "t";
    auto request = asked.as<ListOffsetsRequest>();
    for (const auto& partition : request.topics.at(0).partitions) {
      auto& out = topic.partitions.emplace_back();
      out.index = partition.index;
      out.offset = asked.broker * 100 + partition.index;
    }
    return answer(asked, response);
  });
  cluster.leaders = {1, 2, 1};
  cluster.run([](Host&, ClusterClient& client) {
    auto offsets = list_offsets(client, "t", {0, 1, 2}, latest_offset);
    ASSERT_TRUE(offsets.has_value()) << to_string(offsets.error());
    EXPECT_EQ(*offsets, (std::map<std::int32_t, Offset>{{0, 100}, {1, 201}, {2, 102}}));
  });
  EXPECT_THAT(cluster.brokers_asked(ApiKey::list_offsets), testing::UnorderedElementsAre(1, 2));
}

TEST(ClusterClient, GivesATopicThatIsNotThereASecondAndNoMore) {
  FakeCluster cluster({}, 1, never_asked);
  cluster.exists = false;
  cluster.run([](Host& host, ClusterClient& client) {
    auto begun = host.clock().now();
    auto topic = client.topic("t");
    ASSERT_FALSE(topic.has_value());
    EXPECT_EQ(to_string(topic.error()), "UNKNOWN_TOPIC_OR_PARTITION: there is no topic t");
    EXPECT_GE(host.clock().now() - begun, seconds(1));
    EXPECT_LT(host.clock().now() - begun, seconds(3));
  });
  int n = 0;
  cluster.on_metadata = [&] { cluster.exists = ++n == 3; };
  cluster.run([](Host&, ClusterClient& client) { EXPECT_TRUE(client.topic("t").has_value()); });
}

TEST(ClusterClient, WaitsForALeaderUntilItsPatienceEnds) {
  FakeCluster cluster({ApiKey::list_offsets}, 1, never_asked);
  cluster.leaders = {-1};
  cluster.run([](Host& host, ClusterClient& client) {
    auto begun = host.clock().now();
    auto offsets = list_offsets(client, "t", {0}, latest_offset);
    ASSERT_FALSE(offsets.has_value());
    EXPECT_EQ(offsets.error().code, ErrorCode::leader_not_available);
    EXPECT_GE(host.clock().now() - begun, client.options().patience);
    EXPECT_LT(host.clock().now() - begun, client.options().patience + seconds(5));
  });
}

TEST(ClusterClient, ALeaderThatCannotBeReachedIsNamed) {
  FakeCluster cluster({ApiKey::list_offsets}, 1, never_asked);
  cluster.members = {1, 77};
  cluster.leaders = {77};
  cluster.run([](Host&, ClusterClient& client) {
    auto offsets = list_offsets(client, "t", {0}, latest_offset);
    ASSERT_FALSE(offsets.has_value());
    EXPECT_EQ(offsets.error().code, ErrorCode::network_exception);
    EXPECT_THAT(offsets.error().detail, HasSubstr("broker 77: "));
    EXPECT_THAT(offsets.error().detail, HasSubstr(to_string(dead)));
  });
}

TEST(ClusterClient, KeepsOneConnectionToEachBroker) {
  FakeCluster cluster({}, 2, never_asked);
  cluster.leaders = {1, 2, 1, 2};
  cluster.run([](Host& host, ClusterClient& client) {
    FiberGroup callers;
    for (std::int32_t partition = 0; partition < 4; ++partition)
      callers.spawn("caller", [&, partition] {
        EXPECT_TRUE(client.leader("t", partition, host.clock().deadline_in(seconds(5))).has_value());
      });
    callers.join();
    EXPECT_TRUE(client.controller(host.clock().deadline_in(seconds(5))).has_value());
    EXPECT_TRUE(client.any(host.clock().deadline_in(seconds(5))).has_value());
  });
  EXPECT_EQ(cluster.brokers.connections(), 2);
  EXPECT_EQ(cluster.brokers_asked(ApiKey::metadata).size(), 1u) << "those who miss a leader at once ask once";
}

TEST(Admin, LeadersThatMayStillComeAreAskedForAgainAndNoOthers) {
  std::vector<std::vector<std::int32_t>> asked_for;
  FakeCluster cluster({ApiKey::elect_leaders}, 1, [&](const Asked& asked) {
    auto request = asked.as<ElectLeadersRequest>();
    const auto& topic = request.topics.value().at(0);
    asked_for.push_back(topic.partitions);
    ElectLeadersResponse response;
    auto& out = response.topics.emplace_back();
    out.name = topic.name;
    for (auto index : topic.partitions) {
      auto first = index == 0 ? ErrorCode::election_not_needed : ErrorCode::preferred_leader_not_available;
      out.partitions.push_back({index, asked_for.size() == 1 ? first : ErrorCode::none, std::nullopt});
    }
    return answer(asked, response);
  });
  cluster.run([](Host&, ClusterClient& client) {
    auto results = elect_preferred_leaders(client, {{"t", 0}, {"t", 1}});
    ASSERT_TRUE(results.has_value()) << to_string(results.error());
    EXPECT_EQ(results->at({"t", 0}), ErrorCode::election_not_needed);
    EXPECT_EQ(results->at({"t", 1}), ErrorCode::none);
  });
  EXPECT_THAT(asked_for, ElementsAre(ElementsAre(0, 1), ElementsAre(1)));
}

}  // namespace
}  // namespace fulmar
