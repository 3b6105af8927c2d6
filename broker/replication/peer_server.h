// PeerServer: the listener for other brokers on one shard. Greets, refuses who is of another cluster, and hands on what
// groups are told.
#pragma once

#include <functional>

#include "broker/replication/peers.h"
#include "broker/replication/raft_frame.h"
#include "runtime/fiber/group.h"
#include "runtime/host/host.h"
#include "runtime/host/log.h"

namespace fulmar {

class PeerServer {
 public:
  // Brings each message to its replica, on whichever shard, and returns when all are dealt with.
  using Deliver = std::function<void(std::vector<GroupMessage>)>;

  PeerServer(Host& host, const Peers& peers, Deliver deliver);

  // Errors: as Network::listen.
  Result<SocketAddress> listen(const SocketAddress& at);
  void stop();

 private:
  void accept_connections();
  Result<void> serve(Connection& connection);
  PeerHelloResponse answer(const PeerHelloRequest& hello) const;

  Host& host_;
  const Peers& peers_;
  Deliver deliver_;
  Logger log_;
  std::unique_ptr<Listener> listener_;
  FiberGroup accepting_;
  FiberGroup connections_;
};

}  // namespace fulmar
