// PeerServer: the listener for other brokers on one shard. Greets, refuses who is of another cluster or does not know
// its secret, and hands on what groups are told.
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

// Who says something, and on which of its connections: a later one has the greater number.
struct PeerConnection {
  std::int32_t broker = -1;
  std::uint64_t number = 0;
};

class PeerServer {
 public:
  struct Handlers {
    // Brings each message to its replica's inbox, on whichever shard.
    std::function<void(std::vector<GroupMessage>)> deliver;
    // What shards of that replica directory say about quiesced groups: pulses for every shard here, answers for the
    // shard that asked; and about their leaderships, on that connection. What is said as of some time has not been said
    // before: that time is after the connection's beginning, and not to come.
    std::function<void(const PeerConnection&, const PulsesRequest&)> pulses;
    // False: a later connection of that shard has told already, and this one is to end. If it is the one that the other
    // side takes for the later, it comes again.
    std::function<bool(const PeerConnection&, const LeadersRequest&)> learn_leaders =
        [](const PeerConnection&, const LeadersRequest&) { return true; };
    // Answers any other request; the whole frame. Errors end the connection.
    std::function<Result<ByteChain>(const RequestHeader&, Reader&)> call = [](const RequestHeader&, Reader&) {
      return Result<ByteChain>(fail(Errc::unsupported, "no calls are served here"));
    };
  };

  // `connections_max`: at a time; one more is closed at once.
  PeerServer(Host& host, const Peers& peers, std::size_t connections_max, Handlers handlers);

  // Errors: as Network::listen.
  Result<SocketAddress> listen(const SocketAddress& at);
  void stop();

 private:
  void take(std::unique_ptr<Connection> accepted);
  void serve(Connection& connection);
  Result<void> answer_all(Connection& connection);
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
