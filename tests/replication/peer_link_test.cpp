// A link to a peer whose connections end.
#include "broker/replication/peer_link.h"

#include <gtest/gtest.h>

#include "sim/world.h"
#include "tests/replication/peers_kit.h"

namespace fulmar {
namespace {

// A connection that breaks while nothing is sent is noticed at once, so that the next message is not lost with it.
TEST(PeerLink, WhatIsSaidAfterAConnectionBrokeArrives) {
  World world(1, LogLevel::error);
  auto& hearer = world.add_node("hearer");
  auto& teller = world.add_node("teller");
  int heard = 0;
  hearer.start(1, [&](Host& host) {
    PeerServer::Handlers handlers;
    handlers.deliver = [&](std::vector<GroupMessage> messages) { heard += static_cast<int>(messages.size()); };
    return serve_peers(host, peers_of(1), std::move(handlers));
  });
  world.run_for(milliseconds(10));
  PeerLink* link = nullptr;
  teller.start(1, [&](Host& host) { return run_link(host, link); });
  world.run_for(milliseconds(10));
  GroupMessage vote{{{7, 7}, 0}, {{2, {2, 1}}, {1, {1, 1}}, 5, VoteRequest{}}, {}};
  for (int said = 1; said <= 5; ++said) {
    link->send(vote);
    world.run_for(seconds(1));
    EXPECT_EQ(heard, said);
    world.network().reset_connections(0, 0);
    world.run_for(seconds(1));
  }
  teller.request_stop();
  hearer.request_stop();
  EXPECT_TRUE(world.run_until([&] { return !hearer.running() && !teller.running(); }, world.now() + seconds(10)));
}

}  // namespace
}  // namespace fulmar
