// Control batches: what a leader writes into the log for itself. Clients skip them by design; their place in the log is
// what counts, and their content is for people and tools.
#pragma once

#include "broker/raft/raft.h"
#include "runtime/base/bytes.h"

namespace fulmar {

// One batch of one control record, with no offset or epoch yet. A leader change is Kafka's own control record type 2; a
// configuration has a type that Kafka does not use, and the configuration as text.
Bytes build_control_batch(const ControlBatch& what, const ReplicaId& leader, Timestamp wall_ms);

}  // namespace fulmar
