// PeerServer: the listener for other brokers on one shard. Greets, refuses who is of another cluster, and hands on what
// groups are told.
#pragma once

#include <functional>

#include "broker/net/acceptor.h"
#include "broker/protocol/message.h"
#include "broker/protocol/messages/peer.h"
#include "broker/protocol/reader.h"
#include "broker/replication/peers.h"
#include "broker/replication/raft_frame.h"
#include "runtime/host/host.h"
#include "runtime/host/rate_limited_log.h"

namespace fulmar {

class PeerServer {
 public:
  struct Handlers {
    // Brings each message to its replica, on whichever shard, and returns when all are dealt with.
    std::function<void(std::vector<GroupMessage>)> deliver;
    // What shards of that replica directory say about quiesced groups: pulses for every shard here, answers for the
    // shard that asked.
    std::function<void(const ReplicaId&, const PulsesRequest&)> pulses;
    std::function<void(const LeadersRequest&)> learn_leaders = [](const LeadersRequest&) {};
    // Answers any other request; the whole frame. Errors end the connection.
    std::function<Result<ByteChain>(const RequestHeader&, Reader&)> call = [](const RequestHeader&, Reader&) {
      return Result<ByteChain>(fail(Errc::unsupported, "no calls are served here"));
    };
  };

  PeerServer(Host& host, const Peers& peers, Handlers handlers);

  // Errors: as Network::listen.
  Result<SocketAddress> listen(const SocketAddress& at);
  void stop() { acceptor_.stop(); }

 private:
  void serve(Connection& connection);
  Result<void> answer_all(Connection& connection);
  PeerHelloResponse answer(const PeerHelloRequest& hello) const;

  Host& host_;
  const Peers& peers_;
  Handlers handlers_;
  RateLimitedLog log_;
  Acceptor acceptor_;
};

}  // namespace fulmar
