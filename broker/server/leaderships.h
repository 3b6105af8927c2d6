// Leaderships: what a shard's replicas do as leaders for the cluster, beside leading: they tell every broker of it, and
// bring their groups to the voters that the metadata wants.
#pragma once

#include "broker/protocol/messages/peer.h"
#include "runtime/fiber/event.h"
#include "runtime/fiber/group.h"

namespace fulmar {

class BrokerShard;

class Leaderships {
 public:
  explicit Leaderships(BrokerShard& shard) : shard_(shard) {}

  // From now on, until stop(). In a cluster only: a broker that is alone has nobody to tell.
  void start();
  void stop();
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
