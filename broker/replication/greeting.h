// Greeting: connects to another broker's INTERNAL listener, and learns who answers there.
#pragma once

#include <memory>

#include "broker/protocol/message.h"
#include "broker/protocol/messages/peer.h"
#include "broker/protocol/reader.h"
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

// Sends one request to another broker over a connection of its own, and returns the body of the response. Errors: as
// greet(); once the request is written, in_doubt: the other broker may have carried it out.
Result<Bytes> call_peer(Host& host, const Peers& peers, const SocketAddress& address, const ByteChain& request,
                        Deadline deadline);

template <class Response, class Request>
Result<Response> call_peer(Host& host, const Peers& peers, const SocketAddress& address, const Request& request,
                           Deadline deadline) {
  FULMAR_TRY(auto body, call_peer(host, peers, address, request_frame(request, 0, 0, ""), deadline));
  Reader reader(std::move(body));
  read_response_header(reader, Response::key, 0);
  return decode<Response>(reader, 0);
}

}  // namespace fulmar
