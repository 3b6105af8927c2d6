// Leaderships: what a shard's replicas do as leaders for the cluster, beside leading: they tell every broker of it, and
// bring their groups to the voters that the metadata wants.
#pragma once

#include <optional>

#include "broker/cluster/metadata_image.h"
#include "broker/protocol/messages/peer.h"
#include "broker/replication/replica.h"
#include "runtime/fiber/event.h"
#include "runtime/fiber/group.h"

namespace fulmar {

class BrokerShard;

// A voter that may lead in the leader's stead: it follows closely, and its broker neither stops nor is fenced.
std::optional<ReplicaId> successor(const Replica& replica, const MetadataImage& image, Instant now);

class Leaderships {
 public:
  explicit Leaderships(BrokerShard& shard) : shard_(shard) {}

  // From now on, until stop(). In a cluster only: a broker that is alone has nobody to tell.
  void start();
  void stop();
  // Has others lead what this shard's replicas lead, where any are fit to. Returns at once; whether there is still
  // something to hand over.
  bool hand_over();
  // There is a new leadership, or a new image.
  void changed() { changed_.set(); }

 private:
  void run();
  void follow_image();
  LeadersRequest told() const;

  BrokerShard& shard_;
  Event changed_;
  FiberGroup fibers_;
};

}  // namespace fulmar
