// Connections: order, limits, and clients that break the rules.
#include "all_messages.h"
#include "broker_test_kit.h"

namespace fulmar {
namespace {

std::string big_endian(std::int32_t number) {
  std::string text(4, '\0');
  store_big(text.data(), number);
  return text;
}

TEST(Connection, AnswersComeInTheOrderOfTheRequestsWhateverIsReadyFirst) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    BrokerWorld cluster({}, 3, seed);
    cluster.run([&](Host& host) {
      Peer peer(host);
      create_topic(peer, "t", 1);
      auto produced = peer.send(produce_request("t", 0, batch_of(1, "a")), produce_version);
      auto polled = peer.send(fetch_request({{"t", 0, 1}}, 300), fetch_version);  // waits for its whole max_wait_ms
      auto asked = peer.send(MetadataRequest{}, 12);
      auto again = peer.send(produce_request("t", 0, batch_of(1, "b"), 1), produce_version);
      peer.receive<ProduceResponse>(produced, produce_version);
      peer.receive<FetchResponse>(polled, fetch_version);
      peer.receive<MetadataResponse>(asked, 12);
      peer.receive<ProduceResponse>(again, produce_version);
    });
  }
}

TEST(Connection, ALongPollIsEndedByAProduceBehindItOnTheSameConnection) {
  BrokerWorld cluster;
  cluster.run([&](Host& host) {
    Peer peer(host);
    create_topic(peer, "t", 1);
    auto began = host.clock().now();
    auto polled = peer.send(fetch_request({{"t"}}, 60'000), fetch_version);
    auto produced = peer.send(produce_request("t", 0, batch_of(1, "x")), produce_version);
    EXPECT_EQ(peer.receive<FetchResponse>(polled, fetch_version).topics.size(), 1u);
    peer.receive<ProduceResponse>(produced, produce_version);
    EXPECT_LT(host.clock().now() - began, seconds(2));
  });
}

TEST(Connection, ApiVersionsAreWhatIsServedAndATooNewQuestionIsAnsweredInTheOldest) {  // KIP-511
  BrokerWorld cluster;
  cluster.run([&](Host& host) {
    Peer peer(host);
    for (std::int16_t version = 0; version <= 5; ++version) {
      auto response = peer.call<ApiVersionsResponse>(
          ApiVersionsRequest{.client_software_name = "test", .client_software_version = "1"}, version);
      EXPECT_EQ(response.error_code, ErrorCode::none);
      ASSERT_EQ(response.api_keys.size(), std::ranges::count_if(served_apis(), &ApiInfo::advertised));
    }
    // Version 99, correlation id 77, no client id.
    peer.send_raw(big_endian(10) + std::string("\0\x12\0\x63", 4) + big_endian(77) + "\xff\xff");
    Reader reader(peer.frame());
    EXPECT_EQ(reader.int32(), 77);
    auto response = decode<ApiVersionsResponse>(reader, 0);
    ASSERT_TRUE(response.has_value());
    EXPECT_EQ(response->error_code, ErrorCode::unsupported_version);
    ASSERT_EQ(response->api_keys.size(), 1u) << "enough to ask again";
    EXPECT_EQ(response->api_keys[0].api_key, 18);
    EXPECT_EQ(response->api_keys[0].max_version, 5);
    EXPECT_EQ(peer.call<ApiVersionsResponse>(ApiVersionsRequest{}, 0).error_code, ErrorCode::none);
  });
}

// As Kafka does; librdkafka 2.3 to 2.15 sends three bytes too many in Metadata.
TEST(Connection, BytesAfterTheEndOfARequestAreIgnoredInEveryVersionOfEach) {
  BrokerWorld cluster;
  cluster.run([&](Host& host) {
    Peer peer(host);
    for_each_request([&]<class Request>() {
      const auto& api = api_info(Request::key);
      // It would stop the broker.
      if (!api.served || api.key == ApiKey::unregister_broker) return;
      Request request;
      if constexpr (requires { request.acks; }) request.acks = -1;
      if constexpr (requires { request.client_software_name; }) request = {"test", "1"};
      for (auto version = api.min; version <= api.max; ++version) {
        auto frame = request_frame(request, version, 7, "test").flatten();
        auto exact = frame.view();
        peer.send_raw(std::string(exact));
        auto answer = peer.frame();
        ASSERT_FALSE(answer.empty()) << api.name << " v" << version;
        auto size = static_cast<std::int32_t>(exact.size() - 4 + 3);
        peer.send_raw(big_endian(size) + std::string(exact.substr(4)) + std::string("\1\0\0", 3));
        ASSERT_EQ(peer.frame().size(), answer.size()) << api.name << " v" << version;
      }
    });
  });
}

TEST(Connection, WhatIsNoRequestEndsItAndNobodyElse) {
  BrokerWorld cluster(Properties{{"socket.request.max.bytes", "100000"}});
  cluster.run([&](Host& host) {
    Peer bystander(host);
    std::string hello = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    std::string cases[] = {
        hello,
        big_endian(-1) + hello,
        big_endian(0) + hello,
        big_endian(3) + hello,
        big_endian(100'001) + hello,
        big_endian(0x7fffffff) + hello,
        big_endian(20) + std::string(20, '\xff'),                                           // no such API
        big_endian(12) + std::string("\0\0\0\x63", 4) + big_endian(1) + std::string(4, 0),  // Produce v99
        big_endian(12) + std::string("\0\1\0\4", 4) + big_endian(1) + std::string(4, 0),    // Fetch v4, cut short
        big_endian(8) + std::string("\0\3\0\1", 4) + big_endian(1),                         // no client id
    };
    for (const auto& bytes : cases) {
      Peer peer(host);
      peer.send_raw(bytes);
      EXPECT_TRUE(peer.is_closed()) << testing::PrintToString(bytes);
    }
    EXPECT_EQ(metadata(bystander, {}).brokers.size(), 1u);
  });
}

TEST(Connection, ARequestThatIsOnlyDeclaredEndsItAsAnUnknownOneDoes) {
  BrokerWorld cluster;
  cluster.run([&](Host& host) {
    for (std::int16_t key = 0; key < 100; ++key) {
      const auto* api = declared_api(key);
      if (!api || find_api(key)) continue;
      std::string header(4, '\0');
      store_big(header.data(), key);
      store_big(header.data() + 2, api->max);
      Peer peer(host);
      // Without a client id; zeros for the tags and the body.
      peer.send_raw(big_endian(30) + header + big_endian(1) + "\xff\xff" + std::string(20, '\0'));
      EXPECT_TRUE(peer.is_closed()) << api->name;
    }
  });
}

TEST(Connection, RandomBytesNeverHurtTheBroker) {
  BrokerWorld cluster;
  cluster.run([&](Host& host) {
    Random random(4711);
    for (int round = 0; round < 200; ++round) {
      Peer peer(host);
      // A valid size and header, and then arbitrary bytes.
      const auto& api = served_apis()[random.below(served_apis().size())];
      std::string body(random.below(200), '\0');
      for (auto& c : body) c = static_cast<char>(random.below(256));
      std::string header(4, '\0');
      store_big(header.data(), static_cast<std::int16_t>(api.key));
      store_big(header.data() + 2, static_cast<std::int16_t>(random.between(api.min, api.max)));
      header += big_endian(round) + std::string("\xff\xff", 2);
      peer.send_raw(big_endian(static_cast<std::int32_t>(header.size() + body.size())) + header + body);
      peer.connection().shutdown_write();
      while (!peer.frame(seconds(400)).empty()) continue;
    }
    Peer peer(host);
    EXPECT_EQ(metadata(peer, {}).brokers.size(), 1u);
  });
}

TEST(Connection, AnIdleOneIsClosedAndABusyOneIsNot) {
  BrokerWorld cluster(Properties{{"connections.max.idle.ms", "1000"}});
  cluster.run([&](Host& host) {
    Peer idle(host);
    Peer busy(host);
    for (int i = 0; i < 5; ++i) {
      host.clock().sleep_for(milliseconds(700));
      metadata(busy, {});
    }
    EXPECT_TRUE(idle.is_closed(milliseconds(1)));
    EXPECT_FALSE(busy.is_closed(milliseconds(500)));
    EXPECT_TRUE(busy.is_closed(milliseconds(1000)));
  });
}

TEST(Connection, ARequestThatStopsInTheMiddleIsGivenUp) {
  BrokerWorld cluster;
  cluster.run([&](Host& host) {
    Peer peer(host);
    peer.send_raw(big_endian(1000) + "abc");
    EXPECT_FALSE(peer.is_closed(seconds(20)));
    EXPECT_TRUE(peer.is_closed(seconds(20)));
  });
}

TEST(Connection, MoreThanMaxConnectionsAreRefusedUntilOneGoes) {
  BrokerWorld cluster(Properties{{"max.connections", "2"}}, 1);
  cluster.run([&](Host& host) {
    auto first = std::make_unique<Peer>(host);
    Peer second(host);
    metadata(*first, {});
    metadata(second, {});
    Peer third(host);
    EXPECT_TRUE(third.is_closed());
    first.reset();
    host.clock().sleep_for(seconds(1));
    Peer fourth(host);
    EXPECT_EQ(metadata(fourth, {}).brokers.size(), 1u);
  });
}

TEST(Connection, APeerThatTakesNoAnswersIsCutOffAndHoldsBackNobody) {
  BrokerWorld cluster({}, 1);
  cluster.run([&](Host& host) {
    Peer producer(host);
    create_topic(producer, "t", 1);
    for (int i = 0; i < 10; ++i) produce(producer, "t", 0, batch_of(1, std::string(900'000, 'x')));
    Peer deaf(host);
    for (int i = 0; i < 30; ++i) deaf.send(fetch_request({{"t", 0, 0, 10'000'000}}), fetch_version);
    for (int i = 0; i < 50; ++i) {
      host.clock().sleep_for(seconds(1));
      auto began = host.clock().now();
      metadata(producer, {});
      EXPECT_LT(host.clock().now() - began, milliseconds(100));
    }
    // The connection was given up: the other responses never come.
    int answers = 0;
    while (!deaf.frame(seconds(5)).empty()) ++answers;
    EXPECT_LT(answers, 30);
    EXPECT_TRUE(deaf.is_closed());
  });
}

TEST(Connection, QueuedBytesAreHeldBackNotRefused) {
  BrokerWorld cluster(Properties{{"queued.max.request.bytes", "3000"}}, 1);
  cluster.run([&](Host& host) {
    Peer setup(host);
    create_topic(setup, "t", 1);
    FiberGroup peers;
    int done = 0;
    for (int p = 0; p < 5; ++p) {
      peers.spawn("peer", [&] {
        Peer peer(host);
        std::vector<std::int32_t> ids;
        for (int i = 0; i < 20; ++i)
          ids.push_back(peer.send(produce_request("t", 0, batch_of(1, std::string(2000, 'x'))), produce_version));
        for (auto id : ids)
          done +=
              peer.receive<ProduceResponse>(id, produce_version).topics[0].partitions[0].error_code == ErrorCode::none;
      });
    }
    peers.join();
    EXPECT_EQ(done, 100);
  });
}

}  // namespace
}  // namespace fulmar
