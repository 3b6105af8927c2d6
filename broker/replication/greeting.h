// Greeting: connects to another broker's INTERNAL listener, and learns who answers there.
#pragma once

#include <memory>

#include "broker/protocol/messages/peer.h"
#include "broker/replication/peers.h"
#include "runtime/host/host.h"

namespace fulmar {

struct Greeted {
  std::unique_ptr<Connection> connection;
  PeerHelloResponse answer;
};

// Greets whichever broker listens there. Errors: as Network::connect and Connection::read; refused: the other broker
// does not know the secret, or both speak no common version of the brokers' protocol. A broker that rejects this one
// says so in its answer's error_code.
Result<Greeted> hail(Host& host, const Peers& peers, const SocketAddress& address, Deadline deadline);
// The same, but the other must be another broker of this cluster: else refused, with its error message.
Result<Greeted> greet(Host& host, const Peers& peers, const SocketAddress& address, Deadline deadline);

}  // namespace fulmar
