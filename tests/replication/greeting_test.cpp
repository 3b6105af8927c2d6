// The version of the brokers' protocol that two brokers speak, and the error if they have none in common.
#include "broker/replication/greeting.h"

#include <gtest/gtest.h>

#include "broker/net/frame_reader.h"
#include "broker/protocol/message.h"
#include "broker/protocol/reader.h"
#include "runtime/host/clock.h"
#include "sim/world.h"
#include "tests/replication/peers_kit.h"

namespace fulmar {
namespace {

// Broker 1 speaks the versions `served`; broker 2 runs `play`.
void with_server(PeerVersions served, const std::function<void(Host&)>& play) {
  World world(1, LogLevel::error);
  auto& server = world.add_node("server");
  auto& client = world.add_node("client");
  server.start(1, [&](Host& host) {
    auto peers = peers_of(1);
    peers.versions = served;
    PeerServer::Handlers handlers;
    handlers.call = [](const RequestHeader&, Reader&) -> Result<ByteChain> { return fail(Errc::unsupported, "no"); };
    return serve_peers(host, peers, std::move(handlers));
  });
  world.run_for(milliseconds(10));
  client.start(1, [&](Host& host) {
    play(host);
    return 0;
  });
  EXPECT_TRUE(world.run_until([&] { return !client.running(); }, world.now() + seconds(100)));
}

Result<Greeted> greet_as(Host& host, PeerVersions versions) {
  auto peers = peers_of(2);
  peers.versions = versions;
  return greet(host, peers, peers_address, host.clock().deadline_in(seconds(5)));
}

TEST(Greeting, TheHighestVersionThatBothSpeakIsAgreed) {
  EXPECT_EQ(spoken_by_both({3, 5}, {4, 9}), 5);
  EXPECT_EQ(spoken_by_both({4, 9}, {3, 5}), 5);
  EXPECT_EQ(spoken_by_both({3, 3}, {3, 3}), 3);
  EXPECT_EQ(spoken_by_both({3, 3}, {4, 4}), std::nullopt);
  EXPECT_EQ(spoken_by_both({4, 4}, {3, 3}), std::nullopt);
  struct Case {
    PeerVersions server, client;
    std::int16_t agreed;
  };
  for (auto [server, client, agreed] : {Case{{3, 3}, {3, 3}, 3}, Case{{3, 3}, {3, 4}, 3}, Case{{3, 4}, {3, 3}, 3},
                                        Case{{3, 4}, {3, 4}, 4}, Case{{4, 6}, {3, 5}, 5}})
    with_server(server, [&](Host& host) {
      auto greeted = greet_as(host, client);
      ASSERT_TRUE(greeted.has_value()) << to_string(greeted.error());
      EXPECT_EQ(spoken_by_both(client, greeted->answer.versions), agreed);
      EXPECT_EQ(greeted->answer.versions, server);
    });
}

TEST(Greeting, BrokersWithoutACommonVersionRefuseEachOtherAndSayWhy) {
  for (auto [server, client] : {std::pair<PeerVersions, PeerVersions>{{3, 3}, {4, 5}}, {{4, 5}, {3, 3}}})
    with_server(server, [&](Host& host) {
      auto greeted = greet_as(host, client);
      ASSERT_FALSE(greeted.has_value());
      EXPECT_EQ(greeted.error().code, Errc::refused);
      const auto& why = greeted.error().detail;
      EXPECT_NE(why.find("3 to 3"), std::string::npos) << why;
      EXPECT_NE(why.find("4 to 5"), std::string::npos) << why;
    });
}

// Its greeting has no range of versions, and it can't read one in the response.
TEST(Greeting, ABrokerFromBeforeRangesIsRefusedInAnAnswerThatItReads) {
  with_server(peer_versions, [&](Host& host) {
    auto deadline = host.clock().deadline_in(seconds(5));
    auto connection = host.network().connect(peers_address, deadline).value();
    constexpr std::int16_t before = 2;
    PeerHelloRequest hello{"cluster", 2, {2, 1}, {9, 9}};
    ASSERT_TRUE(connection->write(request_frame(hello, before, 7, ""), deadline));
    FrameReader frames(*connection, host.clock(), {.size_max = 4096, .idle_max = seconds(5)});
    Reader reader(frames.body(frames.next_size().value()).value());
    EXPECT_EQ(read_response_header(reader, ApiKey::peer_hello, before), 7);
    auto answer = decode<PeerHelloResponse>(reader, before);
    ASSERT_TRUE(answer.has_value()) << to_string(answer.error());
    EXPECT_EQ(answer->error_code, ErrorCode::unsupported_version);
    EXPECT_FALSE(answer->error_message.empty());
  });
}

}  // namespace
}  // namespace fulmar
