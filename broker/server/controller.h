// Controller: what the broker that makes the metadata's changes does unasked: it ends the changes of replicas that the
// groups have carried out, and has replicas on directories that are no more replaced by others on the same broker. On
// shard 0 of every broker; only the one whose metadata replica leads does anything.
#pragma once

#include "broker/server/draft.h"
#include "runtime/fiber/event.h"
#include "runtime/fiber/group.h"

namespace fulmar {

class Controller {
 public:
  explicit Controller(BrokerShard& shard) : shard_(shard) {}

  // From now on, until stop(). In a cluster only.
  void start();
  void stop();
  // The metadata, or what the leaders tell, has changed.
  void changed() { changed_.set(); }

 private:
  void run();
  void end_reassignments(Draft& draft);
  void replace_lost_directories(Draft& draft);

  BrokerShard& shard_;
  Event changed_;
  FiberGroup fibers_;
};

}  // namespace fulmar
