// Membership: a broker's part in its cluster, on shard 0: it registers with the controller, answers its peers' calls,
// and has the controller answer what only that can.
#pragma once

#include <functional>
#include <string>

#include "broker/protocol/message.h"
#include "broker/protocol/messages/peer.h"
#include "broker/replication/peer_server.h"
#include "runtime/fiber/group.h"
#include "runtime/host/network.h"

namespace fulmar {

class BrokerShard;
class Controller;

class Membership {
 public:
  // `excluded` is called once it turns out that this broker can't be of its cluster, or not any more; with why, for
  // people.
  Membership(BrokerShard& shard, Controller& controller, std::function<void(Error)> excluded);

  // Begins to listen for peers. Errors: as Network::listen.
  Result<void> listen();
  // Registers what this broker is; returns once it is known. False: it is excluded.
  bool register_broker();
  // From now on tells the controller that the registered broker is alive.
  void start_heartbeats();
  // Before an orderly stop: has others lead what this broker leads, the metadata's group at last, while it still
  // serves. Takes ten seconds at most, and no longer than there is anybody to hand over to.
  void leave();
  void stop();

 private:
  void deliver(std::vector<GroupMessage> messages);
  void deliver_pulses(const PeerConnection& from, const PulsesRequest& said);
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
  bool was_registered_ = false;  // in this life
  FiberGroup fibers_;
};

}  // namespace fulmar
