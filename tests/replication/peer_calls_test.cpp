// Connections of calls between brokers are used again while they are open and recent, and no answer is mistaken.
#include "broker/replication/peer_calls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "broker/replication/greeting.h"
#include "runtime/fiber/group.h"
#include "runtime/host/clock.h"
#include "sim/world.h"
#include "tests/replication/peers_kit.h"

namespace fulmar {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

// Broker 1 answers heartbeats after `pause`, and says which connections have ended; broker 2 calls.
class Calls {
 public:
  explicit Calls(Duration pause = {}) : pause_(pause) {
    start_server();
    world.run_for(milliseconds(10));
  }

  void start_server() {
    server_.start(1, [&](Host& host) {
      auto peers = peers_of(1);
      PeerServer::Handlers handlers;
      handlers.call = [&](const RequestHeader& header, Reader& body) -> Result<ByteChain> {
        FULMAR_TRY_VOID(decode<BrokerHeartbeatRequest>(body, 0));
        host.clock().sleep_for(pause_);
        ++answered;
        return response_frame(BrokerHeartbeatResponse{}, 0, header.correlation_id + skew);
      };
      handlers.ended = [&](const PeerConnection& from) { ended.push_back(from.number); };
      return serve_peers(host, peers, std::move(handlers));
    });
  }

  void kill_server() { server_.kill(); }

  void run(const std::function<void(Host&, PeerCalls&)>& play) {
    client_.start(1, [&](Host& host) {
      auto peers = peers_of(2);
      PeerCalls calls(host, peers);
      play(host, calls);
      return 0;
    });
    ASSERT_TRUE(world.run_until([&] { return !client_.running(); }, world.now() + seconds(100)));
    world.run_for(milliseconds(100));
  }

  World world{1, LogLevel::error};
  int answered = 0;
  std::int32_t skew = 0;             // added to the number of the request that is answered
  std::vector<std::uint64_t> ended;  // connections, by number

 private:
  Duration pause_;
  Node& server_ = world.add_node("server");
  Node& client_ = world.add_node("client");
};

Result<BrokerHeartbeatResponse> beat(Host& host, PeerCalls& calls, Duration patience = seconds(5)) {
  return calls.call<BrokerHeartbeatResponse>(peers_address, BrokerHeartbeatRequest{},
                                             host.clock().deadline_in(patience));
}

TEST(PeerCalls, OneConnectionServesOneCallAfterTheOther) {
  Calls brokers;
  brokers.run([](Host& host, PeerCalls& calls) {
    for (int i = 0; i < 5; ++i) {
      EXPECT_TRUE(beat(host, calls));
      host.clock().sleep_for(PeerCalls::kept_for / 2);
    }
  });
  EXPECT_EQ(brokers.answered, 5);
  EXPECT_THAT(brokers.ended, ElementsAre(1u));
}

TEST(PeerCalls, CallsAtOnceHaveConnectionsOfTheirOwn) {
  Calls brokers(milliseconds(50));
  brokers.run([](Host& host, PeerCalls& calls) {
    for (int round = 0; round < 2; ++round) {
      FiberGroup at_once;
      for (int i = 0; i < 3; ++i) at_once.spawn("call", [&] { EXPECT_TRUE(beat(host, calls)); });
      at_once.join();
    }
  });
  EXPECT_EQ(brokers.answered, 6);
  EXPECT_THAT(brokers.ended, UnorderedElementsAre(1u, 2u, 3u)) << "the second round used those of the first";
}

TEST(PeerCalls, AnOldConnectionIsNotUsed) {
  Calls brokers;
  brokers.run([](Host& host, PeerCalls& calls) {
    EXPECT_TRUE(beat(host, calls));
    host.clock().sleep_for(PeerCalls::kept_for + milliseconds(1));
    EXPECT_TRUE(beat(host, calls));
  });
  EXPECT_THAT(brokers.ended, ElementsAre(1u, 2u));
}

TEST(PeerCalls, FewAreKept) {
  Calls brokers(milliseconds(50));
  brokers.run([&](Host& host, PeerCalls& calls) {
    FiberGroup at_once;
    for (std::size_t i = 0; i < PeerCalls::kept_max + 4; ++i)
      at_once.spawn("call", [&] { EXPECT_TRUE(beat(host, calls)); });
    at_once.join();
    host.clock().sleep_for(milliseconds(100));
    EXPECT_EQ(brokers.ended.size(), 4u);
  });
}

TEST(PeerCalls, ABrokerThatStartedAgainIsReachedAtOnce) {
  Calls brokers;
  brokers.run([&](Host& host, PeerCalls& calls) {
    EXPECT_TRUE(beat(host, calls));
    brokers.world.at(brokers.world.now() + milliseconds(1), [&] { brokers.kill_server(); });
    host.clock().sleep_for(milliseconds(100));
    auto gone = beat(host, calls);
    ASSERT_FALSE(gone);
    EXPECT_NE(gone.error().code, Errc::in_doubt) << "nothing was sent, since the kept connection has ended";
    brokers.world.at(brokers.world.now() + milliseconds(1), [&] { brokers.start_server(); });
    host.clock().sleep_for(milliseconds(100));
    EXPECT_TRUE(beat(host, calls));
  });
  EXPECT_EQ(brokers.answered, 2);
}

TEST(PeerCalls, AfterAnAnswerInDoubtTheConnectionIsNotUsedAgain) {
  Calls brokers(milliseconds(200));
  brokers.run([&](Host& host, PeerCalls& calls) {
    EXPECT_TRUE(beat(host, calls));
    auto late = beat(host, calls, milliseconds(100));
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code, Errc::in_doubt);
    EXPECT_TRUE(beat(host, calls)) << "and the late answer was not taken for that of this call";
  });
  EXPECT_THAT(brokers.ended, ElementsAre(1u, 2u));
}

TEST(PeerCalls, AnAnswerToAnotherRequestIsRefused) {
  Calls brokers;
  brokers.skew = 1;
  brokers.run([&](Host& host, PeerCalls& calls) {
    auto answer = beat(host, calls);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, Errc::in_doubt);
    brokers.skew = 0;
    EXPECT_TRUE(beat(host, calls));
  });
  EXPECT_THAT(brokers.ended, ElementsAre(1u, 2u));
}

}  // namespace
}  // namespace fulmar
