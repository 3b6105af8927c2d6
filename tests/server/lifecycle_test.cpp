// A broker's life: what it keeps over restarts, how it stops, and that it can die at any moment.
#include "broker/cluster/earlier_metadata.h"
#include "broker/protocol/messages/describe_configs.h"
#include "broker_test_kit.h"

namespace fulmar {
namespace {

TEST(Lifecycle, TopicsConfigsRecordsAndTheClustersIdSurviveEveryKindOfRestart) {
  for (bool orderly : {true, false}) {
    BrokerWorld cluster({}, 3);
    std::string cluster_id;
    Uuid topic_id;
    cluster.run([&](Host& host) {
      Peer peer(host);
      topic_id = create_topic(peer, "t", 5, {{"segment.bytes", "1000"}}).topic_id;
      for (std::int32_t p = 0; p < 5; ++p) produce(peer, "t", p, batch_of(2, std::to_string(p)));
      cluster_id = metadata(peer, {}).cluster_id.value_or("");
      EXPECT_EQ(cluster_id.size(), 22u);
    });
    for (unsigned shards : {3u, 1u, 2u}) {  // partitions move between shards, without notice
      cluster.restart(orderly, shards);
      cluster.run([&](Host& host) {
        Peer peer(host);
        auto found = metadata(peer, {"t"});
        EXPECT_EQ(found.cluster_id, cluster_id);
        EXPECT_EQ(found.topics.at(0).topic_id, topic_id);
        ASSERT_EQ(found.topics.at(0).partitions.size(), 5u);
        for (std::int32_t p = 0; p < 5; ++p)
          EXPECT_EQ(values_of(fetch(peer, {"t", p}).records), (std::vector<std::string>(2, std::to_string(p))));
        DescribeConfigsRequest request;
        request.resources.push_back({2, "t", {{"segment.bytes"}}});
        EXPECT_EQ(peer.call<DescribeConfigsResponse>(request, 4).results.at(0).configs.at(0).value, "1000");
      });
    }
  }
}

TEST(Lifecycle, NoProducerIdIsGivenTwiceWhateverHappens) {
  BrokerWorld cluster;
  ProducerId last = -1;
  for (int life = 0; life < 4; ++life) {
    const int count = life % 2 == 0 ? 5 : 1100;  // within a block of ids, and beyond one
    cluster.run([&](Host& host) {
      Peer peer(host);
      for (int i = 0; i < count; ++i) {
        auto given = peer.call<InitProducerIdResponse>(InitProducerIdRequest{}, 4);
        ASSERT_EQ(given.error_code, ErrorCode::none);
        ASSERT_GT(given.producer_id, last);
        last = given.producer_id;
      }
    });
    cluster.restart(life % 2 == 0);
  }
}

// The rest of a block is lost when the broker dies.
TEST(Lifecycle, ProducerIdsComeInBlocksOfTheSizeThatIsSet) {
  for (ProducerId block : {1, 3, 4}) {
    BrokerWorld cluster;
    cluster.config.producer_id_block = block;
    cluster.restart(true);
    std::vector<ProducerId> given;
    for (int life = 0; life < 3; ++life) {
      cluster.run([&](Host& host) {
        Peer peer(host);
        for (int i = 0; i < 5; ++i)
          given.push_back(peer.call<InitProducerIdResponse>(InitProducerIdRequest{}, 4).producer_id);
      });
      cluster.restart(false);
    }
    std::vector<ProducerId> expected;
    auto blocks_per_life = (5 + block - 1) / block;
    for (ProducerId life = 0; life < 3; ++life)
      for (ProducerId i = 0; i < 5; ++i) expected.push_back(life * blocks_per_life * block + i);
    EXPECT_EQ(given, expected) << "blocks of " << block;
  }
}

TEST(Lifecycle, ADataDirectoryBelongsToOneNode) {
  BrokerWorld cluster;
  cluster.stop();
  cluster.config.node_id = 2;
  cluster.start(1);
  EXPECT_FALSE(cluster.ready);
  EXPECT_EQ(cluster.broker.exit_code(), 1);
  EXPECT_EQ(cluster.failure, "the data directory belongs to node 1, not to node 2");
}

// Killed between two renames, an upgrade leaves the only metadata log under another name: to begin without it would
// lose all of it.
TEST(Lifecycle, ADirectoryWhoseUpgradeWasInterruptedIsRefused) {
  BrokerWorld cluster;
  cluster.stop();
  cluster.broker.start(1, [&](Host& host) {
    EXPECT_TRUE(host.disk().rename("__cluster_metadata-0", std::string(upgraded_log_name)));
    EXPECT_TRUE(host.disk().sync_directory(""));
    return 0;
  });
  EXPECT_TRUE(cluster.world.run_until([&] { return !cluster.broker.running(); }, cluster.world.now() + seconds(10)));
  cluster.start(1);
  EXPECT_FALSE(cluster.ready);
  EXPECT_EQ(cluster.broker.exit_code(), 1);
  EXPECT_NE(cluster.failure.find("fulmar log upgrade"), std::string::npos) << cluster.failure;
}

TEST(Lifecycle, ATakenPortIsSaid) {
  BrokerWorld cluster;
  cluster.stop();
  std::string failure;
  cluster.broker.start(3, [&](Host& host) {
    auto taken = host.network().listen(broker_address, false);
    EXPECT_TRUE(taken.has_value());
    auto ran = run_broker(host, cluster.config);
    if (!ran) failure = ran.error().detail;
    return 0;
  });
  EXPECT_TRUE(cluster.world.run_until([&] { return !cluster.broker.running(); }, cluster.world.now() + seconds(10)));
  EXPECT_TRUE(failure.starts_with("can't listen")) << failure;
}

// Clients that produce, poll, create and delete topics, until their connections end. Counts their rounds.
void load(Host& host, int& rounds) {
  FiberGroup clients;
  for (int c = 0; c < 4; ++c) {
    clients.spawn("client", [&host, &rounds, c] {
      auto connected = host.network().connect(broker_address, host.clock().deadline_in(seconds(5)));
      if (!connected) return;
      for (int i = 0;; ++i) {
        auto topic = "t" + std::to_string(i % 7);
        MetadataRequest ask;
        ask.topics.emplace();
        ask.topics->push_back({{}, topic});
        DeleteTopicsRequest remove;
        remove.topics.push_back({"t" + std::to_string((i + 3) % 7), {}});
        ByteChain frames;
        frames.append(request_frame(ask, 12, 1, ""));
        for (int n = 0; n < 3; ++n)
          frames.append(
              request_frame(produce_request(topic, 0, batch_of(1, "x"), n == 2 ? 1 : -1), produce_version, 2, ""));
        frames.append(request_frame(fetch_request({{topic}}, c == 0 ? 5 : 0), fetch_version, 3, ""));
        if (c == 3 && i % 5 == 4) frames.append(request_frame(remove, 6, 4, ""));
        if (!(*connected)->write(frames, host.clock().deadline_in(seconds(5)))) return;
        char buffer[4096];
        auto read = (*connected)->read(buffer, host.clock().deadline_in(seconds(5)));
        if (!read || *read == 0) return;
        ++rounds;
      }
    });
  }
  clients.join();
}

TEST(Lifecycle, ItStopsInOrderUnderLoadAndIsCleanAfterwards) {
  int rounds = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    BrokerWorld cluster({}, 1 + seed % 4, seed);
    cluster.client.start(1, [&](Host& host) {
      load(host, rounds);
      return 0;
    });
    cluster.world.run_for(microseconds(1000 + static_cast<std::int64_t>(seed) * 977));
    cluster.stop();
    EXPECT_TRUE(cluster.world.leaks().empty() || cluster.client.running()) << "seed " << seed;
    cluster.client.kill();
    cluster.start(2);
    EXPECT_TRUE(cluster.ready) << cluster.failure;
  }
  EXPECT_GT(rounds, 1000);
}

TEST(Lifecycle, ItMayDieAtAnyMomentAndComesBack) {
  int rounds = 0;
  for (std::uint64_t seed = 0; seed < 150; ++seed) {
    BrokerWorld cluster(Properties{{"log.segment.bytes", "600"}}, 1 + seed % 4, seed);
    for (int life = 0; life < 3; ++life) {
      cluster.client.start(1, [&](Host& host) {
        load(host, rounds);
        return 0;
      });
      cluster.world.run_for(
          microseconds(cluster.world.random().split(static_cast<std::uint64_t>(life)).between(100, 60'000)));
      life == 1 ? cluster.broker.kill() : cluster.broker.power_loss();
      cluster.client.kill();
      cluster.start(1 + (seed + static_cast<std::uint64_t>(life)) % 3);
      ASSERT_TRUE(cluster.ready) << "seed " << seed << ": " << cluster.failure;
    }
  }
  EXPECT_GT(rounds, 1000);
}

TEST(Lifecycle, ItMayDieWhileItStarts) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    World world(seed, LogLevel::error);
    auto& node = world.add_node("broker");
    auto config = BrokerConfig::from({{"listeners", "PLAINTEXT://10.0.0.1:9092"}}).value();
    bool ready = false;
    auto main = [&](Host& host) {
      return run_broker(host, config, {.ready = [&](const SocketAddress&) { ready = true; }}) ? 0 : 1;
    };
    for (int i = 0; i < 5; ++i) {
      node.start(3, main);
      world.run_for(microseconds(world.random().split(static_cast<std::uint64_t>(i)).between(1, 20'000)));
      node.power_loss();
    }
    ready = false;
    node.start(3, main);
    EXPECT_TRUE(world.run_until([&] { return ready; }, world.now() + seconds(10))) << "seed " << seed;
    node.kill();
    EXPECT_TRUE(world.leaks().empty());
  }
}

}  // namespace
}  // namespace fulmar
