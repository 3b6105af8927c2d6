// Three brokers as one cluster in a simulated world: formation, topics on all of them, leaders that die.
#include <cstdio>
#include <cstdlib>

#include "broker/protocol/messages/produce.h"
#include "broker/protocol/messages/quorum.h"
#include "tests/server/cluster_kit.h"

namespace fulmar {
namespace {

TEST(Cluster, FormsAndPutsATopicOnAllItsBrokers) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    BrokerCluster brokers(seed);
    ASSERT_TRUE(brokers.all_ready()) << "seed " << seed;
    ASSERT_TRUE(brokers.as_client([&](Host&, ClusterClient& cluster) {
      create_topic(cluster, "t", 6);
      auto described = cluster.topic("t");  // the broker that is asked may learn of it a moment later
      ASSERT_TRUE(described.has_value());
      EXPECT_EQ(described->partitions.size(), 6u);
      for (const auto& partition : described->partitions) EXPECT_EQ(partition.replica_nodes.size(), 3u);
      EXPECT_EQ(cluster.metadata(std::nullopt)->brokers.size(), 3u);
    })) << "seed "
        << seed;
    ASSERT_TRUE(brokers.stop()) << "seed " << seed;
    EXPECT_TRUE(brokers.world.leaks().empty()) << "seed " << seed;
  }
}

TEST(Cluster, EveryBrokerNamesTheControllerThatFollowsADeadOne) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    BrokerCluster brokers(seed, 5);
    ASSERT_TRUE(brokers.all_ready()) << "seed " << seed;
    std::int32_t dead = -1;
    ASSERT_TRUE(brokers.as_client([&](Host&, ClusterClient& cluster) {
      dead = cluster.metadata(std::nullopt)->controller_id;
    })) << "seed "
        << seed;
    ASSERT_GT(dead, 0);
    brokers.broker(dead).power_loss();
    brokers.world.run_for(seconds(5));
    ASSERT_TRUE(brokers.as_client([&](Host& host, ClusterClient&) {
      std::set<std::int32_t> named;
      for (int id = 1; id <= 5; ++id) {
        if (id == dead) continue;
        ClusterClient one(host, {.bootstrap = {brokers.address(id, 9092)}});
        named.insert(one.metadata(std::nullopt)->controller_id);
      }
      EXPECT_EQ(named.size(), 1u) << "seed " << seed;
      EXPECT_FALSE(named.contains(dead) || named.contains(-1)) << "seed " << seed;
    })) << "seed "
        << seed;
  }
}

std::set<std::int32_t> brokers_of(ClusterClient& cluster) {
  std::set<std::int32_t> ids;
  if (auto metadata = cluster.metadata(std::nullopt))
    for (const auto& broker : metadata->brokers) ids.insert(broker.node_id);
  return ids;
}

TEST(Cluster, ABrokerThatIsNotHeardOfIsFencedUntilItComesBack) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    BrokerCluster brokers(seed, 4);
    ASSERT_TRUE(brokers.all_ready());
    brokers.world.run_for(seconds(1));          // so that all know of all
    int dead = 1 + static_cast<int>(seed) % 4;  // sometimes the controller
    std::set<std::int32_t> all{1, 2, 3, 4};
    auto others = all;
    others.erase(dead);
    brokers.broker(dead).power_loss();
    auto died = brokers.world.now();
    ASSERT_TRUE(brokers.as_client([&](Host& host, ClusterClient& cluster) {
      // Its session, and another whole one if the controller is new.
      while (host.clock().now() - died < seconds(25)) {
        auto shown = brokers_of(cluster);
        for (auto alive : others) EXPECT_TRUE(shown.contains(alive)) << alive << " is heard of";
        if (host.clock().now() - died < seconds(6)) {
          EXPECT_EQ(shown, all) << "too early";
        }
        host.clock().sleep_for(milliseconds(200));
      }
      EXPECT_EQ(brokers_of(cluster), others);
      create_topic(cluster, "t", 8, 3);
      auto placed = cluster.topic("t");
      ASSERT_TRUE(placed.has_value());
      for (const auto& partition : placed->partitions)
        for (auto replica : partition.replica_nodes) EXPECT_NE(replica, dead);
    }));
    brokers.start(dead);
    ASSERT_TRUE(brokers.all_ready());
    ASSERT_TRUE(brokers.as_client([&](Host&, ClusterClient& cluster) { EXPECT_EQ(brokers_of(cluster), all); }));
    ASSERT_TRUE(brokers.stop());
  }
}

// The controller can't distinguish it from a dead one; it is still registered, and only its heartbeats were missing.
TEST(Cluster, ABrokerThatWasPausedIsShownAgainWithoutARestart) {
  BrokerCluster brokers(1, 3);
  ASSERT_TRUE(brokers.all_ready());
  brokers.broker(2).pause();
  brokers.world.run_for(seconds(30));
  brokers.broker(2).resume();
  brokers.world.run_for(seconds(10));
  ASSERT_TRUE(brokers.as_client(
      [&](Host&, ClusterClient& cluster) { EXPECT_EQ(brokers_of(cluster), (std::set<std::int32_t>{1, 2, 3})); }));
  ASSERT_TRUE(brokers.stop());
}

// With NOT_LEADER_OR_FOLLOWER clients would conclude that it was not written.
TEST(Cluster, AControllerThatWasPausedAnswersNothingByWhatItKnewBefore) {
  BrokerCluster brokers(5);
  ASSERT_TRUE(brokers.all_ready());
  ASSERT_TRUE(brokers.as_client([&](Host& host, ClusterClient& cluster) {
    create_topic(cluster, "t", 1);
    auto known = cluster.metadata(std::vector<std::string>());
    ASSERT_TRUE(known.has_value());
    const auto paused = known->controller_id;
    auto connection = cluster.broker(paused, Deadline::never());
    ASSERT_TRUE(connection.has_value());
    brokers.from_outside(host, [&] {
      brokers.broker(paused).pause();
      for (std::size_t id = 0; id < 3; ++id) {  // otherwise the others may reach it first
        auto self = static_cast<std::size_t>(paused - 1);
        if (id != self) brokers.world.network().link(id, self).cut = brokers.world.network().link(self, id).cut = true;
      }
    });
    FiberGroup asking;
    Answer<CreateTopicsResponse> again;
    asking.spawn("ask", [&] {
      CreateTopicsRequest request;
      request.timeout_ms = 5000;
      auto& topic = request.topics.emplace_back();
      topic.name = "t";
      topic.num_partitions = 1;
      topic.replication_factor = 3;
      again = (*connection)->call<CreateTopicsResponse>(request, host.clock().deadline_in(seconds(30)));
    });
    ClusterClientOptions others = brokers.client_options();
    std::erase(others.bootstrap, brokers.address(paused, 9092));
    ClusterClient apart(host, others);
    DeleteTopicsRequest remove;
    remove.timeout_ms = 5000;
    remove.topic_names = {"t"};
    remove.topics = {{"t", {}}};
    auto removed = ask_controller<DeleteTopicsResponse>(apart, remove);
    ASSERT_TRUE(removed.has_value()) << to_string(removed.error());
    ASSERT_EQ(removed->responses.at(0).error_code, ErrorCode::none);
    brokers.from_outside(host, [&] { brokers.broker(paused).resume(); });
    asking.join();
    ASSERT_TRUE(again.has_value());
    EXPECT_EQ(again->topics.at(0).error_code, ErrorCode::not_controller) << "the topic was deleted long ago";
  }));
}

TEST(Cluster, ALeaderDeposedWhileItWaitsLeavesOpenWhatBecomesOfTheRecord) {
  BrokerCluster brokers(1);
  ASSERT_TRUE(brokers.all_ready());
  ErrorCode said{};
  ASSERT_TRUE(brokers.as_client([&](Host& host, ClusterClient& cluster) {
    create_topic(cluster, "t", 1);
    auto deadline = host.clock().deadline_in(seconds(30));
    auto leader = cluster.retry([&](Deadline limit) { return cluster.leader_of("t", 0, limit); });
    ASSERT_TRUE(leader.has_value());
    auto connection = cluster.broker(*leader, deadline);
    ASSERT_TRUE(connection.has_value());
    for (int other = 1; other <= 3; ++other) {
      auto from = brokers.broker(*leader).number();
      auto to = brokers.broker(other).number();
      brokers.world.network().link(from, to).cut = brokers.world.network().link(to, from).cut = from != to;
    }
    ProduceRequest request;
    request.acks = -1;
    request.timeout_ms = 20'000;
    request.topics.push_back({"t", {{0, ByteChain(batch_of(1, "x"))}}});
    auto response = (*connection)->call<ProduceResponse>(request, deadline, 12);  // with topic names
    ASSERT_TRUE(response.has_value());
    said = response->topics.at(0).partitions.at(0).error_code;
  }));
  EXPECT_EQ(said, ErrorCode::not_enough_replicas_after_append);
}

// How long producers wait for another leader after a power loss of a broker that leads a third of the partitions.
Duration failover_time(std::uint64_t seed, const Properties& properties) {
  BrokerCluster brokers(seed, 3, properties);
  EXPECT_TRUE(brokers.all_ready());
  Duration longest{};
  EXPECT_TRUE(brokers.as_client([&](Host& host, ClusterClient& cluster) {
    create_topic(cluster, "t", 6);
    ProducerOptions options;
    options.request_timeout = milliseconds(50);
    options.retry_backoff = options.retry_backoff_max = milliseconds(10);
    Producer producer(host, cluster, options);
    auto write_everywhere = [&] {
      auto before = host.clock().now();
      FiberGroup at_once;
      for (int partition = 0; partition < 6; ++partition)
        at_once.spawn("write", [&producer, partition] {
          auto delivery = producer.send("t", partition, {{std::nullopt, "x", World::epoch_ms, {}}});
          EXPECT_EQ(delivery.outcome, Delivery::Outcome::ok);
        });
      at_once.join();
      return host.clock().now() - before;
    };
    write_everywhere();
    host.clock().sleep_for(seconds(3));
    brokers.world.at(host.clock().now(), [&brokers] { brokers.broker(2).power_loss(); });
    host.clock().sleep_for(milliseconds(1));
    longest = write_everywhere();
  }));
  return longest;
}

TEST(Cluster, FailsOverWithinTheTimeThatIsConfigured) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    EXPECT_LT(failover_time(seed, {}), seconds(1)) << "seed " << seed;
    EXPECT_LT(failover_time(seed, {{"replica.election.timeout.ms", "100"}, {"replica.heartbeat.interval.ms", "20"}}),
              milliseconds(300))
        << "seed " << seed;
  }
}

// Observers have all the metadata, host partitions, and recover from a power loss.
TEST(Cluster, HasObserversThatHostPartitions) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    BrokerCluster brokers(seed, 5,
                          {{"metadata.log.max.record.bytes.between.snapshots", "3000"},
                           {"metadata.log.segment.bytes", "2000"},
                           {"log.retention.check.interval.ms", "100"}},
                          3);
    auto& world = brokers.world;
    ASSERT_TRUE(brokers.all_ready()) << "seed " << seed;
    auto write = [&](Host& host, ClusterClient& cluster, const std::string& topic) {
      Producer producer(host, cluster, {});
      for (int partition = 0; partition < 10; ++partition)
        EXPECT_EQ(producer.send(topic, partition, {{std::nullopt, "x", World::epoch_ms, {}}}).outcome,
                  Delivery::Outcome::ok);
    };
    ASSERT_TRUE(brokers.as_client([&](Host& host, ClusterClient& cluster) {
      create_topic(cluster, "t", 10);
      auto described = cluster.topic("t");
      ASSERT_TRUE(described.has_value());
      std::set<std::int32_t> hosts;
      for (const auto& partition : described->partitions)
        hosts.insert(partition.replica_nodes.begin(), partition.replica_nodes.end());
      EXPECT_EQ(hosts, (std::set<std::int32_t>{1, 2, 3, 4, 5})) << "seed " << seed;
      write(host, cluster, "t");
      DescribeQuorumRequest request;
      request.topics.push_back({"__cluster_metadata", {{0}}});
      auto quorum = ask_controller<DescribeQuorumResponse>(cluster, request);
      ASSERT_TRUE(quorum.has_value());
      const auto& metadata = quorum->topics.at(0).partitions.at(0);
      EXPECT_EQ(metadata.error_code, ErrorCode::none);
      EXPECT_EQ(metadata.voters.size(), 3u);
      ASSERT_EQ(metadata.observers.size(), 2u);
      EXPECT_EQ(metadata.observers.at(0).replica_id, 4);
      EXPECT_GT(metadata.high_watermark, 5);
      for (const auto& replica : metadata.observers) {
        EXPECT_EQ(replica.log_end_offset, metadata.high_watermark);
        EXPECT_GE(replica.last_fetch_timestamp, World::epoch_ms);
        EXPECT_GE(replica.last_caught_up_timestamp, World::epoch_ms);
      }
      EXPECT_EQ(quorum->nodes.size(), 3u) << "of the voters, as on Kafka (KIP-853)";
    }));
    brokers.broker(5).power_loss();
    ASSERT_TRUE(brokers.as_client([&](Host& host, ClusterClient& cluster) {
      write(host, cluster, "t");
      for (int n = 0; n < 20; ++n) create_topic(cluster, "more" + std::to_string(n), 1, 2);
    }));
    brokers.start(5);
    ASSERT_TRUE(brokers.all_ready()) << "seed " << seed;
    ASSERT_TRUE(brokers.as_client([&](Host& host, ClusterClient& cluster) {
      auto options = brokers.client_options();
      options.bootstrap = {brokers.address(5, 9092)};
      ClusterClient fifth(host, options);
      EXPECT_EQ(fifth.metadata(std::nullopt)->topics.size(), 21u) << "seed " << seed;
      create_topic(fifth, "last", 10);
      write(host, cluster, "last");
    }));
    ASSERT_TRUE(brokers.stop()) << "seed " << seed;
    EXPECT_TRUE(world.leaks().empty()) << "seed " << seed;
  }
}

// A broker was down while the others deleted the metadata log's beginning: it gets the snapshot, although it loses
// power again and again meanwhile.
TEST(Cluster, WhoComesBackLateIsGivenTheMetadataWhole) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    BrokerCluster brokers(seed, 3,
                          {{"metadata.log.max.record.bytes.between.snapshots", "3000"},
                           {"metadata.log.segment.bytes", "2000"},
                           {"log.retention.check.interval.ms", "100"}});
    auto& world = brokers.world;
    ASSERT_TRUE(brokers.all_ready());
    brokers.broker(3).power_loss();
    ASSERT_TRUE(brokers.as_client([&](Host&, ClusterClient& cluster) {
      for (int n = 0; n < 30; ++n) create_topic(cluster, "t" + std::to_string(n), 1, 2);
    }));
    auto random = world.random().split("deaths");
    for (int life = 0; life < 4; ++life) {
      brokers.start(3);
      world.run_for(microseconds(random.between(1000, life < 2 ? 100'000 : 1'500'000)));
      brokers.broker(3).power_loss();
    }
    brokers.start(3);
    ASSERT_TRUE(brokers.all_ready()) << "seed " << seed;
    // It knows all topics, and later changes.
    ASSERT_TRUE(brokers.as_client([&](Host& host, ClusterClient& cluster) {
      create_topic(cluster, "last", 1, 2);
      auto options = brokers.client_options();
      options.bootstrap = {brokers.address(3, 9092)};
      ClusterClient third(host, options);
      ASSERT_TRUE(third.topic("last").has_value()) << "seed " << seed;
      EXPECT_EQ(third.metadata(std::nullopt)->topics.size(), 31u) << "seed " << seed;
    }));
    ASSERT_TRUE(brokers.stop()) << "seed " << seed;
    run_process(world, brokers.broker(3), [&](Host& host) {
      LogContext context(host, {});
      auto log = PartitionLog::open(context, "__cluster_metadata-0", {}, false);
      ASSERT_TRUE(log.has_value());
      EXPECT_GT((*log)->held_from(), 10) << "seed " << seed;
    });
  }
}

// FULMAR_CLUSTER_LIVES=A..B plays other lives than the usual.
TEST(Cluster, WhatIsAcknowledgedOutlivesItsLeaders) {
  std::uint64_t first = 1, last = 15;
  if (const char* wanted = std::getenv("FULMAR_CLUSTER_LIVES")) std::sscanf(wanted, "%lu..%lu", &first, &last);
  for (auto seed = first; seed <= last; ++seed) {
    BrokerCluster brokers(seed);
    ASSERT_TRUE(brokers.all_ready());
    // One broker after the other loses power and restarts, while records are sent.
    auto begun = brokers.world.now();
    for (int turn = 0; turn < 4; ++turn) {
      int id = 1 + (static_cast<int>(seed) + turn) % 3;
      brokers.world.at(begun + seconds(3 + 10 * turn), [&brokers, id] { brokers.broker(id).power_loss(); });
      brokers.world.at(begun + seconds(6 + 10 * turn), [&brokers, id] { brokers.start(id); });
    }
    Chronicle chronicle;
    ASSERT_TRUE(brokers.as_client([&](Host& host, ClusterClient& cluster) {
      create_topic(cluster, "t", 3);
      ProducerOptions options;
      options.request_timeout = seconds(2);
      options.delivery_timeout = seconds(30);
      Producer producer(host, cluster, options);
      for (int i = 0; host.clock().now() < begun + seconds(45); ++i) {
        chronicle.send(producer, "t", i % 3);
        host.clock().sleep_for(milliseconds(20));
      }
    })) << "seed "
        << seed;
    EXPECT_GT(chronicle.size(), 300u) << "seed " << seed;
    brokers.world.run_for(seconds(10));
    ASSERT_TRUE(brokers.stop()) << "seed " << seed;
    // Every broker's log has all of them.
    for (int id = 1; id <= 3; ++id) {
      for (std::int32_t partition = 0; partition < 3; ++partition) {
        auto found = brokers.records_of(id, "t", partition);
        ASSERT_TRUE(found.has_value()) << "seed " << seed << " broker " << id;
        chronicle.expect_in(*found, partition, "seed " + std::to_string(seed) + " broker " + std::to_string(id));
      }
    }
  }
}

}  // namespace
}  // namespace fulmar
