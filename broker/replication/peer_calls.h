// PeerCalls: single requests to other brokers: heartbeats, forwarded requests, parts of a snapshot. Keeps connections
// for the next call, since a new one takes several round trips, and with TLS two signatures on either side.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>

#include "broker/protocol/message.h"
#include "broker/protocol/reader.h"
#include "broker/replication/peers.h"
#include "runtime/host/host.h"

namespace fulmar {

// Of one shard; any of its fibers may call at once, each call has a connection of its own while it runs.
class PeerCalls {
 public:
  static constexpr std::size_t kept_max = 16;        // connections without a call, to all brokers together
  static constexpr Duration kept_for = seconds(10);  // without a call; longer than between two heartbeats

  // `peers` outlives it.
  PeerCalls(Host& host, const Peers& peers) : host_(host), peers_(peers) {}

  // Sends the request to the broker that listens there, and returns the response. Errors: as greet(); once the request
  // is written, in_doubt: the other broker may have carried it out.
  template <class Response, class Request>
  Result<Response> call(const SocketAddress& address, const Request& request, Deadline deadline) {
    auto number = static_cast<std::int32_t>(++calls_);
    FULMAR_TRY(auto body, ask(address, request_frame(request, 0, number, ""), deadline));
    Reader reader(std::move(body));
    if (read_response_header(reader, Response::key, 0) != number) return not_the_answer(address);
    return decode<Response>(reader, 0);
  }

 private:
  struct Kept {
    SocketAddress address;
    std::unique_ptr<Connection> connection;
    Instant since;
  };

  Result<Bytes> ask(const SocketAddress& address, const ByteChain& request, Deadline deadline);
  std::unexpected<Error> not_the_answer(const SocketAddress& address);
  std::unique_ptr<Connection> take(const SocketAddress& address);
  void keep(const SocketAddress& address, std::unique_ptr<Connection> connection);
  void forget(const SocketAddress& address);

  Host& host_;
  const Peers& peers_;
  std::uint32_t calls_ = 0;  // may begin anew at 0
  std::deque<Kept> kept_;    // the one kept last is the last
};

}  // namespace fulmar
