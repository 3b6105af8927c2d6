// Shards under load of strangers and crowds: limits of memory, fibers and connections; and that others are served
// meanwhile.
#include "broker/protocol/messages/api_versions.h"
#include "broker_test_kit.h"

namespace fulmar {
namespace {

std::string announced(std::int32_t size) {
  std::string text(4, '\0');
  store_big(text.data(), size);
  return text;
}

// The response to a request, and the time it took.
template <class Call>
Duration time_of(Host& host, Call&& call) {
  auto began = host.clock().now();
  call();
  return host.clock().now() - began;
}

void expect_served(Host& host) {
  EXPECT_LT(time_of(host,
                    [&] {
                      Peer peer(host);
                      EXPECT_EQ(metadata(peer, {}).brokers.size(), 1u);
                    }),
            milliseconds(100));
}

// Sends only the first `bytes` of a produce request.
std::string part_of_produce(const std::string& value, std::size_t bytes) {
  auto frame = request_frame(produce_request("t", 0, batch_of(1, value)), produce_version, 1, "test").flatten();
  return std::string(frame.view().substr(0, bytes));
}

TEST(Capacity, RequestsThatAreAnnouncedAndDoNotComeHoldBackNobodyAndAreGivenUp) {
  BrokerWorld cluster({}, 2);
  cluster.run([](Host& host) {
    Peer producer(host);
    create_topic(producer, "t", 2);
    std::vector<std::unique_ptr<Peer>> silent;
    for (int i = 0; i < 60; ++i) {
      silent.push_back(std::make_unique<Peer>(host));
      silent.back()->send_raw(announced(100 << 20));
    }
    host.clock().sleep_for(seconds(1));
    for (int i = 0; i < 10; ++i) expect_served(host);
    for (int i = 0; i < 10; ++i) {
      EXPECT_LT(time_of(host, [&] { produce(producer, "t", i % 2, batch_of(1, std::string(900'000, 'x'))); }),
                milliseconds(500));
    }
    host.clock().sleep_for(seconds(31));
    for (auto& peer : silent) EXPECT_TRUE(peer->is_closed(milliseconds(1)));
  });
}

TEST(Capacity, HalfSentRequestsFillTheBudgetAndSmallOnesAndInTheEndLargeOnesGetThrough) {
  BrokerWorld cluster(Properties{{"queued.max.request.bytes", "4000000"}}, 1);
  cluster.run([](Host& host) {
    Peer setup(host);
    create_topic(setup, "t", 1);
    std::vector<std::unique_ptr<Peer>> halves;
    auto half = part_of_produce(std::string(900'000, 'x'), 500'000);
    for (int i = 0; i < 20; ++i) {
      halves.push_back(std::make_unique<Peer>(host));
      halves.back()->send_raw(half);
    }
    host.clock().sleep_for(seconds(1));
    for (int i = 0; i < 20; ++i) {
      expect_served(host);
      EXPECT_LT(time_of(host, [&] { produce(setup, "t", 0, batch_of(1, std::string(30'000, 's'))); }),
                milliseconds(100));
    }
    // A large one waits until the stalled ones are given up; at most one of them at a time had more than its share.
    Peer large(host);
    EXPECT_EQ(produce(large, "t", 0, batch_of(1, std::string(900'000, 'l'))).error_code, ErrorCode::none);
  });
}

TEST(Capacity, ManyLargeRequestsAtOnceAllGetThroughALittleBudget) {
  BrokerWorld cluster(Properties{{"queued.max.request.bytes", "1000000"}}, 2);
  cluster.run([](Host& host) {
    Peer setup(host);
    create_topic(setup, "t", 4);
    FiberGroup peers;
    int done = 0;
    for (int p = 0; p < 20; ++p) {
      peers.spawn("peer", [&host, &done, p] {
        Peer peer(host);
        for (int i = 0; i < 3; ++i)
          done += produce(peer, "t", p % 4, batch_of(1, std::string(900'000, 'x'))).error_code == ErrorCode::none;
      });
    }
    peers.join();
    EXPECT_EQ(done, 60);
  });
}

TEST(Capacity, ReadersThatTakeNoAnswersAreGivenUpSoonWhereOthersWaitForRoom) {
  BrokerWorld cluster(Properties{{"queued.max.response.bytes", "8000000"}}, 1);
  cluster.run([](Host& host) {
    Peer producer(host);
    create_topic(producer, "t", 1);
    for (int i = 0; i < 100; ++i) produce(producer, "t", 0, batch_of(1, std::string(90'000, 'x')));
    produce(producer, "t", 0, batch_of(1, "small"));
    std::vector<std::unique_ptr<Peer>> deaf;
    for (int i = 0; i < 60; ++i) {
      deaf.push_back(std::make_unique<Peer>(host));
      for (int n = 0; n < 4; ++n) deaf.back()->send(fetch_request({{"t", 0, 0, 10'000'000}}), fetch_version);
    }
    host.clock().sleep_for(seconds(2));
    expect_served(host);
    EXPECT_LT(time_of(host, [&] { EXPECT_EQ(metadata(producer, {"t"}).topics.size(), 1u); }), milliseconds(100));
    // It is served after all the peers that asked for room before it and take no responses; each of these keeps its
    // room for only some seconds, and not for the half minute that it would have if nobody waited.
    Peer reader(host);
    auto took = time_of(host, [&] {
      auto response = reader.call<FetchResponse>(fetch_request({{"t", 0, 100}}), fetch_version);
      ASSERT_EQ(response.topics.size(), 1u);
      EXPECT_GT(response.topics[0].partitions[0].records.size(), 0u);
    });
    EXPECT_LT(took, seconds(10));
    // Connections that keep nobody waiting have more time, but not for ever.
    host.clock().sleep_for(seconds(60));
    for (auto& peer : deaf) {
      while (!peer->frame(seconds(60)).empty()) continue;
      EXPECT_TRUE(peer->is_closed());
    }
  });
}

TEST(Capacity, AFetchGetsAtLeastOneBatchHoweverLittleRoomThereIs) {  // KIP-74
  BrokerWorld cluster(Properties{{"queued.max.response.bytes", "1000"}}, 2);
  cluster.run([](Host& host) {
    Peer peer(host);
    create_topic(peer, "t", 2);
    for (int p = 0; p < 2; ++p) produce(peer, "t", p, batch_of(1, std::string(100'000, 'x')));
    for (int i = 0; i < 5; ++i) {
      auto response = peer.call<FetchResponse>(fetch_request({{"t", 0}, {"t", 1}}), fetch_version);
      ASSERT_EQ(response.topics.size(), 1u);
      EXPECT_GT(response.topics[0].partitions[0].records.size(), 100'000u);
    }
  });
}

TEST(Capacity, IdleConnectionsAndWaitingFetchesHoldNoFiber) {
  BrokerWorld cluster({}, 2);
  cluster.run([&](Host& host) {
    constexpr int peers = 300;
    constexpr int fetches = 5;
    Peer producer(host);
    create_topic(producer, "t", 3);
    host.clock().sleep_for(seconds(1));
    auto before = cluster.world.scheduler().live_fibers();
    std::vector<std::unique_ptr<Peer>> all;
    for (int i = 0; i < peers; ++i) {
      all.push_back(std::make_unique<Peer>(host));
      EXPECT_EQ(metadata(*all.back(), {}).brokers.size(), 1u);
    }
    host.clock().sleep_for(seconds(1));
    EXPECT_EQ(cluster.world.scheduler().live_fibers(), before);
    std::vector<std::int32_t> ids;
    for (auto& peer : all)
      for (int n = 0; n < fetches; ++n)
        ids.push_back(peer->send(fetch_request({{"t", 0}, {"t", 1}, {"t", 2}}, 60'000), fetch_version));
    host.clock().sleep_for(seconds(1));
    EXPECT_EQ(cluster.world.scheduler().live_fibers(), before);
    // Each gets its record.
    EXPECT_LT(time_of(host,
                      [&] {
                        produce(producer, "t", 1, batch_of(1, "news"));
                        std::size_t next = 0;
                        for (auto& peer : all) {
                          for (int n = 0; n < fetches; ++n) {
                            auto response = peer->receive<FetchResponse>(ids[next++], fetch_version);
                            std::size_t bytes = 0;
                            for (auto& partition : response.topics.at(0).partitions) bytes += partition.records.size();
                            EXPECT_GT(bytes, 0u);
                          }
                        }
                      }),
              seconds(1));
    host.clock().sleep_for(seconds(1));
    EXPECT_EQ(cluster.world.scheduler().live_fibers(), before);
  });
}

// A request that waits for the disk holds a fiber, of which there is a limited number; the others wait for one.
TEST(Capacity, MoreProducesThanMayWaitAtOnceAreAllAnswered) {
  constexpr int peers = 400;
  constexpr int each = 16;
  constexpr int partitions = 640;
  constexpr int fibers_max = 4096;  // of the only shard; see ClientConnections
  BrokerWorld cluster({}, 1);
  cluster.run([&](Host& host) {
    std::vector<std::unique_ptr<Peer>> all;
    for (int i = 0; i < peers; ++i) all.push_back(std::make_unique<Peer>(host));
    create_topic(*all[0], "t", partitions);
    host.clock().sleep_for(seconds(1));
    auto before = cluster.world.scheduler().live_fibers();
    cluster.world.at(cluster.world.now(), [&] { cluster.broker.disk().set_faults({.slow_factor = 1000}); });
    host.clock().sleep_for(milliseconds(1));
    std::vector<std::int32_t> ids;
    for (int n = 0; n < each; ++n)
      for (int i = 0; i < peers; ++i) {
        auto request = produce_request("t", (n * peers + i) % partitions, batch_of(1, "x"));
        request.timeout_ms = 120'000;
        ids.push_back(all[static_cast<std::size_t>(i)]->send(request, produce_version));
      }
    std::size_t most = 0;
    for (int i = 0; i < 100; ++i) {
      host.clock().sleep_for(milliseconds(20));
      most = std::max<std::size_t>(most, cluster.world.scheduler().live_fibers() - before);
    }
    EXPECT_GE(most, std::size_t{fibers_max});
    EXPECT_LT(most, std::size_t{fibers_max} + peers + 100) << "those that begin requests, and those that sync";
    cluster.world.at(cluster.world.now(), [&] { cluster.broker.disk().set_faults({}); });
    std::size_t next = 0;
    for (int n = 0; n < each; ++n)
      for (auto& peer : all) {
        auto response = peer->receive<ProduceResponse>(ids[next++], produce_version);
        EXPECT_EQ(response.topics.at(0).partitions.at(0).error_code, ErrorCode::none);
      }
  });
}

TEST(Capacity, AFetchWhoseClientGoesIsForgotten) {
  BrokerWorld cluster({}, 2);
  cluster.run([&](Host& host) {
    Peer producer(host);
    create_topic(producer, "t", 2);
    for (int i = 0; i < 20; ++i) {
      Peer peer(host);
      peer.send(fetch_request({{"t", 0}, {"t", 1}}, 60'000), fetch_version);
      host.clock().sleep_for(milliseconds(50));
      if (i % 2 == 0) peer.connection().abort();
    }
    produce(producer, "t", 0, batch_of(1, "x"));
    produce(producer, "t", 1, batch_of(1, "x"));
    expect_served(host);
  });
}

TEST(Capacity, AWaitingFetchIsAnsweredWhenItsTopicGoes) {
  BrokerWorld cluster({}, 2);
  cluster.run([&](Host& host) {
    Peer other(host);
    create_topic(other, "t", 3);
    Peer peer(host);
    auto id = peer.send(fetch_request({{"t", 0}, {"t", 1}, {"t", 2}}, 60'000), fetch_version);
    host.clock().sleep_for(seconds(1));
    DeleteTopicsRequest deletion;
    deletion.topic_names = {"t"};
    deletion.timeout_ms = 5000;
    EXPECT_LT(time_of(host,
                      [&] {
                        other.call<DeleteTopicsResponse>(deletion, 4);
                        auto response = peer.receive<FetchResponse>(id, fetch_version);
                        EXPECT_NE(response.topics.at(0).partitions.at(0).error_code, ErrorCode::none);
                      }),
              seconds(5));
  });
}

TEST(Capacity, MaxConnectionsPerIpHoldsForTheWholeBroker) {
  BrokerWorld cluster(Properties{{"max.connections.per.ip", "3"}}, 4);
  cluster.run([](Host& host) {
    std::vector<std::unique_ptr<Peer>> peers;
    for (int i = 0; i < 3; ++i) {
      peers.push_back(std::make_unique<Peer>(host));
      metadata(*peers.back(), {});
    }
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(Peer(host).is_closed());
    peers.pop_back();
    host.clock().sleep_for(seconds(1));
    Peer again(host);
    EXPECT_EQ(metadata(again, {}).brokers.size(), 1u);
    EXPECT_TRUE(Peer(host).is_closed());
  });
}

TEST(Capacity, ConnectionsAreRefusedBeforeDescriptorsRunOut) {
  BrokerWorld cluster({}, 2);
  cluster.broker.set_descriptors_max(100);
  cluster.run([](Host& host) {
    Peer first(host);
    create_topic(first, "t", 20);
    std::vector<std::unique_ptr<Peer>> peers;
    int refused = 0;
    for (int i = 0; i < 100; ++i) {
      peers.push_back(std::make_unique<Peer>(host));
      refused += peers.back()->is_closed(milliseconds(50));
    }
    EXPECT_GT(refused, 20);
    EXPECT_LT(refused, 80);
    // Accepted connections are served, including their partitions' files.
    for (int p = 0; p < 20; ++p) EXPECT_EQ(produce(first, "t", p, batch_of(1, "x")).error_code, ErrorCode::none);
  });
}

}  // namespace
}  // namespace fulmar
