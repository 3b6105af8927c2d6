// Two brokers that communicate over the INTERNAL listener of the first.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "broker/replication/peer_link.h"
#include "broker/replication/peer_server.h"
#include "runtime/host/host.h"

namespace fulmar {

inline const SocketAddress peers_address{"10.0.0.1", 9093};

inline Peers peers_of(std::int32_t broker, std::string secret = "") {
  return {.self = {broker, {static_cast<std::uint64_t>(broker), 1}},
          .cluster_id = [] { return "cluster"; },
          .address = [](std::int32_t) { return std::optional(peers_address); },
          .secret = std::move(secret)};
}

// Serves broker 1's peers until it is asked to stop; for a process' main.
inline int serve_peers(Host& host, const Peers& peers, PeerServer::Handlers handlers) {
  PeerServer listener(host, peers, 100, std::move(handlers));
  EXPECT_TRUE(listener.listen(peers_address));
  host.stop_requested().wait();
  listener.stop();
  return 0;
}

// Runs broker 2's link to broker 1, which the test uses from outside of its node, until it is asked to stop.
inline int run_link(Host& host, PeerLink*& link, std::function<bool()> vouches = {}) {
  auto peers = peers_of(2);
  PeerLink to_hearer(host, peers, {1, {1, 1}}, [] {});
  if (vouches) to_hearer.vouches = std::move(vouches);
  link = &to_hearer;
  FiberGroup running;
  running.spawn("link", [&] { to_hearer.run([](const GroupId&) { return nullptr; }); });
  host.stop_requested().wait();
  running.cancel();
  running.join();
  link = nullptr;
  return 0;
}

}  // namespace fulmar
