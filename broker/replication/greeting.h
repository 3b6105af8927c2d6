// Greeting: a connection to another broker's internal listener, and who answers there.
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

// Errors: as Network::connect and Connection::read; refused: the other does not know the secret, or
// there is no version of the brokers' protocol that both speak. A broker that wants
// nothing to do with this one says so in its answer's error_code.
Result<Greeted> hail(Host& host, const Peers& peers, const SocketAddress& address, Deadline deadline);
// The same, with a broker of this cluster. Errors too: refused: it is of another, or this broker itself; with its
// words.
Result<Greeted> greet(Host& host, const Peers& peers, const SocketAddress& address, Deadline deadline);

// One request to another broker, over a connection of its own, and the body of the answer. Errors: as greet(); once it
// is written, in_doubt: the other may have done what was asked.
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
