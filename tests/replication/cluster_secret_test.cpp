// A connection without the cluster's secret is neither served nor trusted.
#include "broker/replication/cluster_secret.h"

#include <gtest/gtest.h>

#include "broker/protocol/messages/peer.h"
#include "broker/protocol/writer.h"
#include "broker/replication/peer_calls.h"
#include "runtime/host/clock.h"
#include "sim/world.h"
#include "tests/replication/peers_kit.h"

namespace fulmar {
namespace {

TEST(ClusterSecret, IsProvenByBothNoncesAndBothEnds) {
  const std::string secret = "of sixteen bytes";
  const Challenge asked{{1, 2}, {3, 4}, {1, {5, 6}}, {2, {7, 8}}};
  auto proof = proof_of(secret, End::client, asked);
  EXPECT_EQ(proof.size(), 32u);
  EXPECT_TRUE(proves(secret, End::client, asked, proof));
  EXPECT_FALSE(proves(secret, End::server, asked, proof)) << "what one end says is of no use to the other";
  EXPECT_FALSE(proves("another of sixteen", End::client, asked, proof));
  EXPECT_FALSE(proves(secret, End::client, asked, ""));
  EXPECT_FALSE(proves(secret, End::client, asked, proof.substr(0, 31)));
  for (int part = 0; part < 4; ++part) {
    auto other = asked;
    if (part == 0) other.client_nonce.low = 9;
    if (part == 1) other.server_nonce.low = 9;
    if (part == 2) other.client.broker = 9;
    if (part == 3) other.server.directory.high = 9;
    EXPECT_FALSE(proves(secret, End::client, other, proof)) << part;
  }
  EXPECT_EQ(proof_of("", End::client, asked), "");
}

// Listens with one secret, and runs `play` as the other end; returns how many requests were let through.
int let_through(const std::string& secret, const std::function<void(Host&)>& play) {
  World world(1, LogLevel::error);
  auto& server = world.add_node("server");
  auto& client = world.add_node("client");
  int asked = 0;
  server.start(1, [&](Host& host) {
    auto peers = peers_of(1, secret);
    PeerServer::Handlers handlers;
    handlers.deliver = [](std::vector<GroupMessage>) {};
    handlers.pulses = [](const PeerConnection&, const PulsesRequest&) {};
    handlers.call = [&](const RequestHeader& header, Reader& body) -> Result<ByteChain> {
      FULMAR_TRY_VOID(decode<BrokerHeartbeatRequest>(body, 0));
      ++asked;
      return response_frame(BrokerHeartbeatResponse{}, 0, header.correlation_id);
    };
    return serve_peers(host, peers, std::move(handlers));
  });
  world.run_for(milliseconds(10));
  client.start(1, [&](Host& host) {
    play(host);
    return 0;
  });
  EXPECT_TRUE(world.run_until([&] { return !client.running(); }, world.now() + seconds(100)));
  server.request_stop();
  EXPECT_TRUE(world.run_until([&] { return !server.running(); }, world.now() + seconds(10)));
  return asked;
}

Result<BrokerHeartbeatResponse> call_with(Host& host, const std::string& secret) {
  auto peers = peers_of(2, secret);
  return PeerCalls(host, peers)
      .call<BrokerHeartbeatResponse>(peers_address, BrokerHeartbeatRequest{}, host.clock().deadline_in(seconds(5)));
}

TEST(ClusterSecret, LetsInWhoKnowsIt) {
  EXPECT_EQ(let_through("the same of both", [](Host& host) { EXPECT_TRUE(call_with(host, "the same of both")); }), 1);
  EXPECT_EQ(let_through("", [](Host& host) { EXPECT_TRUE(call_with(host, "")); }), 1) << "nobody asks for one";
}

TEST(ClusterSecret, LetsInNobodyElse) {
  EXPECT_EQ(let_through("the servers' own secret",
                        [](Host& host) {
                          EXPECT_FALSE(call_with(host, ""));
                          auto other = call_with(host, "another secret than that");
                          ASSERT_FALSE(other);
                          EXPECT_EQ(other.error().code, Errc::refused) << "this end finds out first";
                        }),
            0);
  EXPECT_EQ(let_through("", [](Host& host) { EXPECT_FALSE(call_with(host, "which the server lacks")); }), 0);
}

// As a peer without a secret that ignores all responses.
TEST(ClusterSecret, NothingElseIsListenedToBefore) {
  auto request = [](auto message) { return request_frame(message, greeting_version, 7, ""); };
  EXPECT_EQ(let_through("the servers' own secret",
                        [&](Host& host) {
                          std::vector<std::vector<ByteChain>> talks;
                          PeerHelloRequest hello{"cluster", 2, {2, 1}, {9, 9}};
                          talks.push_back({request(BrokerHeartbeatRequest{})});
                          talks.push_back({request(hello), request(BrokerHeartbeatRequest{})});
                          talks.push_back({request(hello), request(hello), request(BrokerHeartbeatRequest{})});
                          talks.push_back({request(hello), request(PeerProofRequest{std::string(32, '\0')}),
                                           request(BrokerHeartbeatRequest{})});
                          for (const auto& talk : talks) {
                            auto connection =
                                host.network().connect(peers_address, host.clock().deadline_in(seconds(1)));
                            ASSERT_TRUE(connection);
                            for (const auto& frame : talk)
                              if (!(*connection)->write(frame, host.clock().deadline_in(seconds(1)))) break;
                            host.clock().sleep_for(seconds(1));
                          }
                        }),
            0);
}

// If a stranger announces a large frame, the connection is closed, and no memory allocated.
TEST(ClusterSecret, BeforeTheGreetingFramesAreSmall) {
  let_through("", [&](Host& host) {
    auto connection = host.network().connect(peers_address, host.clock().deadline_in(seconds(1)));
    ASSERT_TRUE(connection);
    Writer out;
    out.int32(100 << 20);
    ASSERT_TRUE((*connection)->write(std::move(out).finish(), host.clock().deadline_in(seconds(1))));
    char byte = 0;
    auto ended = (*connection)->read({&byte, 1}, host.clock().deadline_in(seconds(1)));
    EXPECT_TRUE(!ended ? ended.error().code != Errc::timed_out : *ended == 0);
  });
}

}  // namespace
}  // namespace fulmar
