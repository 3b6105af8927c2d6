// The kinds of fault that only Fulmar's lives have: a broker loses its power, and one of its files is damaged
// meanwhile.
#pragma once

#include "faults/fault.h"

namespace fulmar {

namespace faults {
extern const FaultKind damage;             // of records or hard states, below the end that is known to be synced
extern const FaultKind damage_side_file;   // of a log's side file, which can be derived from its batches
extern const FaultKind damage_small_file;  // of a file that only other brokers can restore
}  // namespace faults

// These and those of any world: all kinds in the plans of Fulmar's scenarios.
const FaultKinds& fault_kinds();

}  // namespace fulmar
