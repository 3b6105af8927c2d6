// PeerServer: the listener for other brokers on one shard. Greets them, refuses brokers of other clusters or without
// the cluster's secret, and passes on their messages.
#pragma once

#include <functional>

#include "broker/net/acceptor.h"
#include "broker/net/frame_reader.h"
#include "broker/protocol/message.h"
#include "broker/protocol/messages/peer.h"
#include "broker/protocol/reader.h"
#include "broker/replication/peers.h"
#include "broker/replication/raft_frame.h"
#include "runtime/fiber/group.h"
#include "runtime/host/host.h"
#include "runtime/host/rate_limited_log.h"

namespace fulmar {

// A sending broker, and its connection; a later connection has a greater number.
struct PeerConnection {
  std::int32_t broker = -1;
  std::uint64_t number = 0;
};

class PeerServer {
 public:
  struct Handlers {
    // Brings each message to its replica's inbox, on whichever shard that is.
    std::function<void(std::vector<GroupMessage>)> deliver;
    // Pulses for every shard here, answers for the shard that sent the pulse, and renewals of leaderships, from the
    // shards of that replica directory. A time that a renewal carries is after the beginning of the connection, and not
    // in the future.
    std::function<void(const PeerConnection&, const PulsesRequest&)> pulses;
    // False: a later connection of that shard has announced leaderships already, so this one is closed. If the peer
    // considers it the later one, it connects again.
    std::function<bool(const PeerConnection&, const LeadersRequest&)> learn_leaders =
        [](const PeerConnection&, const LeadersRequest&) { return true; };
    // The connection is over, and the peer may be gone. Not called when this server stops.
    std::function<void(const PeerConnection&)> ended = [](const PeerConnection&) {};
    // Returns the whole response frame for any other request. Errors end the connection.
    std::function<Result<ByteChain>(const RequestHeader&, Reader&)> call = [](const RequestHeader&, Reader&) {
      return Result<ByteChain>(fail(Errc::unsupported, "no calls are served here"));
    };
  };

  // `connections_max`: at a time; further ones are closed at once.
  PeerServer(Host& host, const Peers& peers, std::size_t connections_max, Handlers handlers);

  // Errors: as Network::listen.
  Result<SocketAddress> listen(const SocketAddress& at);
  void stop();
  std::size_t connections() const { return serving_.size(); }  // now

 private:
  void take(std::unique_ptr<Connection> accepted);
  void serve(std::unique_ptr<Connection> connection);
  Result<void> answer_all(Connection& connection);
  Result<void> answer_requests(Connection& connection, FrameReader& frames, const PeerHelloRequest& hello,
                               const PeerConnection& from, Instant begun);
  Result<PeerHelloRequest> greet(Connection& connection, FrameReader& frames);
  PeerHelloResponse answer(const PeerHelloRequest& hello) const;

  Host& host_;
  const Peers& peers_;
  Handlers handlers_;
  RateLimitedLog log_;
  const std::size_t connections_max_;
  FiberGroup serving_;
  Acceptor acceptor_;
  std::uint64_t connections_ = 0;  // so far
};

}  // namespace fulmar
