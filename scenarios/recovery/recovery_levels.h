// The faults after which recovery is measured, and the bounds for it.
#pragma once

#include <span>

#include "faults/planner.h"

namespace fulmar {

// Upper bounds of what recovery.h describes.
struct RecoveryBounds {
  milliseconds leader;
  milliseconds acknowledged;
  milliseconds consumed;
  milliseconds in_sync;
};

// Whose leaders serve nobody while the fault lasts.
enum class TakesOut : unsigned char { nothing, shard, broker };

struct RecoveryLevel {
  const FaultKind* kind;
  milliseconds duration;  // of the fault
  std::int64_t amount_min, amount_max;
  TakesOut takes_out;  // of the target; the shard is the one that Fault::amount picks
  RecoveryBounds bounds;
};

std::span<const RecoveryLevel> recovery_levels();
// nullptr if recovery is not measured after that kind.
const RecoveryLevel* find_recovery_level(const FaultKind* kind);

}  // namespace fulmar
