// Membership: a broker's part in its cluster, on shard 0: it registers with the controller, sends heartbeats, answers
// its peers' calls, and forwards requests to the controller.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "broker/protocol/message.h"
#include "broker/protocol/messages/peer.h"
#include "broker/replication/peer_server.h"
#include "runtime/fiber/group.h"
#include "runtime/host/network.h"

namespace fulmar {

class BrokerShard;
class Controller;
struct Session;

class Membership {
 public:
  // `excluded` is called once if this broker can't be in its cluster, or not any more, with the reason, for people.
  Membership(BrokerShard& shard, Controller& controller, std::function<void(Error)> excluded);

  // Listens for peers. Errors: as Network::listen.
  Result<void> listen();
  // Registers this broker; returns once that is committed and applied here. False: it is excluded.
  bool register_broker();
  // Sends heartbeats from now on.
  void start_heartbeats();
  // Before an orderly stop, while the broker still serves: transfers its leaderships to others, that of the metadata
  // group last. Takes ten seconds at most, less if there is nobody to transfer to.
  void leave();
  void stop();
  std::size_t peer_connections() const { return server_.connections(); }  // of other brokers, now

 private:
  void deliver(std::vector<GroupMessage> messages);
  void deliver_pulses(const PeerConnection& from, const PulsesRequest& said);
  std::shared_ptr<Session> session_of_peers(const std::optional<ForwardRequest::Client>& client) const;
  Result<ByteChain> answer(const RequestHeader& header, Reader& body);
  void exclude(std::string why);
  template <class Response, class Request>
  Result<Response> ask_controller(const Request& request, Response (Controller::*here)(const Request&),
                                  Deadline deadline);
  void tell_controller(const BrokerHeartbeatRequest& request, Deadline deadline);
  BrokerHeartbeatRequest heartbeat() const;
  void keep_registered();
  Result<void> register_once();

  BrokerShard& shard_;
  Controller& controller_;
  PeerServer server_;
  std::function<void(Error)> excluded_;
  bool is_excluded_ = false;
  bool was_registered_ = false;  // in this run
  FiberGroup fibers_;
};

}  // namespace fulmar
