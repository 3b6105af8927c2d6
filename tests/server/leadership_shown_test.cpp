// Leaders in responses: new partitions have leaders when they are acknowledged, and a leader that is cut off, dead or
// without its majority is shown only until its lease ends.
#include "tests/server/cluster_kit.h"

namespace fulmar {
namespace {

using Partition = MetadataResponse::Topic::Partition;

CreateTopicsRequest topic_request(const std::string& name, int partitions, int factor, std::int32_t timeout_ms) {
  CreateTopicsRequest request;
  request.timeout_ms = timeout_ms;
  auto& topic = request.topics.emplace_back();
  topic.name = name;
  topic.num_partitions = partitions;
  topic.replication_factor = static_cast<std::int16_t>(factor);
  return request;
}

// A topic according to one broker.
std::vector<Partition> shown_by(Host& host, BrokerCluster& brokers, int id, const std::string& topic) {
  ClusterClient one(host, {.bootstrap = {brokers.address(id, 9092)}});
  auto connection = one.any(host.clock().deadline_in(seconds(5)));
  EXPECT_TRUE(connection.has_value());
  if (!connection) return {};
  MetadataRequest request;
  request.topics.emplace().push_back({{}, topic});
  auto response = (*connection)->call<MetadataResponse>(request, host.clock().deadline_in(seconds(5)));
  EXPECT_TRUE(response.has_value());
  return response ? response->topics.at(0).partitions : std::vector<Partition>();
}

std::size_t led(const std::vector<Partition>& partitions) {
  return static_cast<std::size_t>(std::ranges::count_if(partitions, [](const Partition& p) {
    EXPECT_EQ(p.leader_id < 0, p.error_code == ErrorCode::leader_not_available);
    return p.leader_id >= 0;
  }));
}

// Any broker, controller or not, knows what it acknowledges.
TEST(NewTopic, IsLedWhenItIsAnswered) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    BrokerCluster brokers(seed, 4, {}, 3);
    ASSERT_TRUE(brokers.all_ready());
    ASSERT_TRUE(brokers.as_client([&](Host& host, ClusterClient&) {
      int asked = 1 + static_cast<int>(seed) % 4;
      ClusterClient one(host, {.bootstrap = {brokers.address(asked, 9092)}});
      for (int factor : {1, 3}) {
        auto name = "t" + std::to_string(factor);
        auto connection = one.any(host.clock().deadline_in(seconds(5)));
        ASSERT_TRUE(connection.has_value());
        auto begun = host.clock().now();
        auto deadline = host.clock().deadline_in(seconds(30));
        auto made = (*connection)->call<CreateTopicsResponse>(topic_request(name, 12, factor, 20'000), deadline);
        ASSERT_TRUE(made.has_value());
        EXPECT_EQ(made->topics.at(0).error_code, ErrorCode::none);
        EXPECT_LT(host.clock().now() - begun, milliseconds(400)) << "an election was lost";
        EXPECT_EQ(led(shown_by(host, brokers, asked, name)), 12u);

        CreatePartitionsRequest more;
        more.timeout_ms = 20'000;
        more.topics.push_back({name, 20, {}});
        auto added = (*connection)->call<CreatePartitionsResponse>(more, host.clock().deadline_in(seconds(30)));
        ASSERT_TRUE(added.has_value());
        EXPECT_EQ(added->results.at(0).error_code, ErrorCode::none);
        EXPECT_EQ(led(shown_by(host, brokers, asked, name)), 20u);
      }
    }));
    ASSERT_TRUE(brokers.stop());
    EXPECT_TRUE(brokers.world.leaks().empty());
  }
}

TEST(NewTopic, ThatCanNotBeLedIsMadeAndTimesOut) {
  BrokerCluster brokers(1, 5, {}, 3);
  ASSERT_TRUE(brokers.all_ready());
  brokers.broker(4).power_loss();
  brokers.broker(5).power_loss();
  ASSERT_TRUE(brokers.as_client([&](Host& host, ClusterClient& cluster) {
    auto request = topic_request("t", -1, -1, 1'500);
    request.topics[0].assignments = {{0, {4, 5}}, {1, {1, 2, 3}}};
    auto begun = host.clock().now();
    auto connection = cluster.controller(host.clock().deadline_in(seconds(5)));
    ASSERT_TRUE(connection.has_value());
    auto made = (*connection)->call<CreateTopicsResponse>(request, host.clock().deadline_in(seconds(30)));
    ASSERT_TRUE(made.has_value());
    EXPECT_EQ(made->topics.at(0).error_code, ErrorCode::invalid_replica_assignment);  // as many replicas each
    request.topics[0].assignments = {{0, {4, 5}}, {1, {1, 2}}};
    begun = host.clock().now();
    made = (*connection)->call<CreateTopicsResponse>(request, host.clock().deadline_in(seconds(30)));
    ASSERT_TRUE(made.has_value());
    EXPECT_EQ(made->topics.at(0).error_code, ErrorCode::request_timed_out);
    EXPECT_GE(host.clock().now() - begun, milliseconds(1'500));
    EXPECT_LT(host.clock().now() - begun, milliseconds(2'500));
    auto shown = shown_by(host, brokers, 1, "t");
    ASSERT_EQ(shown.size(), 2u);
    EXPECT_EQ(led(shown), 1u);
    EXPECT_EQ(shown[1].leader_id, 1);
    // Additional partitions, which can all have leaders, do not wait for the old one that can't.
    CreatePartitionsRequest more;
    more.timeout_ms = 20'000;
    more.topics.push_back({"t", 3, {{{{2, 3}}}}});
    auto added = (*connection)->call<CreatePartitionsResponse>(more, host.clock().deadline_in(seconds(30)));
    ASSERT_TRUE(added.has_value());
    EXPECT_EQ(added->results.at(0).error_code, ErrorCode::none);
  }));
}

// However long the partition was idle, and whichever brokers are left.
TEST(Leadership, WithoutAMajorityLapsesForAllWhoAreLeft) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    BrokerCluster brokers(seed, 3);
    ASSERT_TRUE(brokers.all_ready());
    int left = 1 + static_cast<int>(seed) % 3;
    ASSERT_TRUE(brokers.as_client([&](Host& host, ClusterClient& cluster) {
      create_topic(cluster, "t", 9);
      create_topic(cluster, "alone", 6, 1);
      if (seed % 2 == 0) host.clock().sleep_for(seconds(10));  // the groups are quiesced
      EXPECT_EQ(led(shown_by(host, brokers, left, "t")), 9u);
      brokers.from_outside(host, [&] {
        for (int id = 1; id <= 3; ++id)
          if (id != left) brokers.broker(id).power_loss();
      });
      host.clock().sleep_for(milliseconds(1'500));
      for (const auto& partition : shown_by(host, brokers, left, "t")) {
        EXPECT_EQ(partition.leader_id, -1);
        EXPECT_EQ(partition.error_code, ErrorCode::leader_not_available);
        EXPECT_TRUE(partition.isr_nodes.empty());
      }
      for (const auto& partition : shown_by(host, brokers, left, "alone"))
        EXPECT_EQ(partition.leader_id, partition.replica_nodes.front() == left ? left : -1);
    }));
    for (int id = 1; id <= 3; ++id)
      if (id != left) brokers.start(id);
    ASSERT_TRUE(brokers.all_ready());
    ASSERT_TRUE(brokers.as_client([&](Host& host, ClusterClient&) {
      host.clock().sleep_for(seconds(3));
      for (int id = 1; id <= 3; ++id) {
        EXPECT_EQ(led(shown_by(host, brokers, id, "t")), 9u);
        EXPECT_EQ(led(shown_by(host, brokers, id, "alone")), 6u);
      }
    }));
    ASSERT_TRUE(brokers.stop());
  }
}

// A leader that only clients can reach finds out by itself.
TEST(Leadership, OfOneThatIsCutOffLapsesThereAndIsShownElsewhere) {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    BrokerCluster brokers(seed, 3);
    ASSERT_TRUE(brokers.all_ready());
    ASSERT_TRUE(brokers.as_client([&](Host& host, ClusterClient& cluster) {
      create_topic(cluster, "t", 9);
      if (seed % 2 == 0) host.clock().sleep_for(seconds(10));
      auto cut_off = static_cast<int>(shown_by(host, brokers, 1, "t").at(0).leader_id);
      auto set_cut = [&](bool cut) {
        for (int other = 1; other <= 3; ++other) {
          if (other == cut_off) continue;
          auto from = brokers.broker(cut_off).number();
          auto to = brokers.broker(other).number();
          brokers.world.network().link(from, to).cut = brokers.world.network().link(to, from).cut = cut;
        }
      };
      set_cut(true);
      host.clock().sleep_for(milliseconds(2'500));
      EXPECT_EQ(led(shown_by(host, brokers, cut_off, "t")), 0u);
      for (const auto& partition : shown_by(host, brokers, cut_off % 3 + 1, "t")) {
        EXPECT_GE(partition.leader_id, 1);
        EXPECT_NE(partition.leader_id, cut_off);
      }
      set_cut(false);
      host.clock().sleep_for(seconds(5));
      for (int id = 1; id <= 3; ++id) EXPECT_EQ(led(shown_by(host, brokers, id, "t")), 9u);
    }));
    ASSERT_TRUE(brokers.stop());
  }
}

// A broker that learns of changes late answers within the client's timeout, as if it had made the change itself.
TEST(Forwarding, WaitsForItsOwnMetadataNoLongerThanTheRequestWould) {
  BrokerCluster brokers(5, 4, {}, 3);
  ASSERT_TRUE(brokers.all_ready());
  ASSERT_TRUE(brokers.as_client([&](Host& host, ClusterClient& cluster) {
    create_topic(cluster, "t", 1, 3, {{1, 2, 3}});
    ClusterClient one(host, {.bootstrap = {brokers.address(4, 9092)}});
    auto connection = one.any(host.clock().deadline_in(seconds(5)));
    ASSERT_TRUE(connection.has_value());
    auto faults = brokers.broker(4).disk().faults();
    faults.stuck = true;
    brokers.broker(4).disk().set_faults(faults);
    DeleteTopicsRequest request;
    request.topics.push_back({"t", {}});
    request.topic_names.push_back("t");
    request.timeout_ms = 700;
    auto begun = host.clock().now();
    auto deleted = (*connection)->call<DeleteTopicsResponse>(request, host.clock().deadline_in(seconds(30)));
    ASSERT_TRUE(deleted.has_value());
    EXPECT_EQ(deleted->responses.at(0).error_code, ErrorCode::none);
    EXPECT_LT(host.clock().now() - begun, milliseconds(800));
    EXPECT_GE(host.clock().now() - begun, milliseconds(650)) << "it did not wait for what it could not know";
    faults.stuck = false;
    brokers.broker(4).disk().set_faults(faults);
  }));
}

TEST(InSync, AFencedBrokerIsNot) {
  BrokerCluster brokers(3, 4, {}, 3);
  ASSERT_TRUE(brokers.all_ready());
  ASSERT_TRUE(brokers.as_client([&](Host& host, ClusterClient& cluster) {
    create_topic(cluster, "t", 3, 3, {{1, 2, 4}, {2, 4, 1}, {1, 4, 2}});
    host.clock().sleep_for(seconds(5));
    brokers.from_outside(host, [&] { brokers.broker(4).power_loss(); });
    auto died = host.clock().now();
    auto is_listed = [&] {
      auto all = cluster.metadata(std::nullopt);
      return !all || std::ranges::any_of(all->brokers, [](const auto& broker) { return broker.node_id == 4; });
    };
    while (is_listed() && host.clock().now() - died < seconds(40)) host.clock().sleep_for(milliseconds(100));
    EXPECT_LT(host.clock().now() - died, seconds(20)) << "fenced long before replica.lag.time.max.ms";
    host.clock().sleep_for(milliseconds(500));  // the others learn of it
    for (int id = 1; id <= 3; ++id)
      for (const auto& partition : shown_by(host, brokers, id, "t"))
        EXPECT_EQ(partition.isr_nodes, (std::vector<std::int32_t>{1, 2})) << "as broker " << id << " shows it";
  }));
}

}  // namespace
}  // namespace fulmar
