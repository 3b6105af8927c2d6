// Controller: registers brokers, fences those whose heartbeats are missing, completes reassignments that the groups
// have carried out, replaces replicas on lost directories by new ones on the same brokers, and completes decommissions.
// On shard 0 of every broker; only active on the broker whose metadata replica leads.
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

  // In a cluster only.
  void start();
  void stop();
  // Answers a broker's request; NOT_CONTROLLER if this broker is not the controller. See the messages.
  RegisterBrokerResponse register_broker(const RegisterBrokerRequest& request);
  BrokerHeartbeatResponse heartbeat(const BrokerHeartbeatRequest& request);
  // The metadata or the announced leaderships have changed.
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
