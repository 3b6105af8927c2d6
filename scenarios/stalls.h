// A stalled shard, as a violation.
#pragma once

#include "checkers/base/violation.h"
#include "sim/world.h"

namespace fulmar {

inline Violation shard_stalled(const ShardStall& stall) {
  return {"shards never stall", "shard-stalled",
          stall.where + " was stalled: its fiber '" + stall.fiber + "' computed for " +
              std::to_string(stall.work / microseconds(1)) + " us before it let the others run",
          stall.at};
}

}  // namespace fulmar
