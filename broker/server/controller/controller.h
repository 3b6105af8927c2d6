// Controller: what the broker that makes the metadata's changes does beside answering clients. It registers brokers,
// and fences those that it does not hear of; it ends the changes of replicas that the groups have carried out, and has
// replicas on directories that are no more replaced by others on the same broker. On shard 0 of every broker; only the
// one whose metadata replica leads does anything.
#pragma once

#include "broker/protocol/messages/peer.h"
#include "broker/server/controller/broker_sessions.h"
#include "broker/server/controller/draft.h"
#include "broker/server/controller/lost_directories.h"
#include "runtime/fiber/event.h"
#include "runtime/fiber/group.h"

namespace fulmar {

class Controller {
 public:
  explicit Controller(BrokerShard& shard) : shard_(shard) {}

  // From now on, until stop(). In a cluster only.
  void start();
  void stop();
  // What a broker asks of the controller; NOT_CONTROLLER if this is none (any more). See the messages.
  RegisterBrokerResponse register_broker(const RegisterBrokerRequest& request);
  BrokerHeartbeatResponse heartbeat(const BrokerHeartbeatRequest& request);
  // The metadata, or what the leaders tell, has changed.
  void changed() { changed_.set(); }

 private:
  void run();
  Instant now() const;
  bool silent(std::int32_t broker) const;
  void fence_the_silent(Draft& draft);
  void end_reassignments(Draft& draft);
  void set_metadata_voters(const Draft& draft);
  void replace_lost_directories(Draft& draft);
  void end_decommissions(Draft& draft);

  BrokerShard& shard_;
  BrokerSessions sessions_;
  LostDirectories lost_directories_;
  Event changed_;
  FiberGroup fibers_;
};

}  // namespace fulmar
