// Control batches: what a leader writes into the log for itself where the group's members change. Clients skip them by
// design; their place in the log is what counts, and their content is for people and tools.
#pragma once

#include "broker/raft/raft.h"
#include "runtime/base/bytes.h"

namespace fulmar {

// One batch of one control record, with no offset or epoch yet: of a type that Kafka does not use, and the
// configuration as text.
Bytes build_control_batch(const Configuration& configuration, Timestamp wall_ms);

}  // namespace fulmar
