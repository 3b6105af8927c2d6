// The kinds of fault that only Fulmar's lives have: a broker loses its power, and a file of it is damaged meanwhile.
#pragma once

#include "faults/fault.h"

namespace fulmar {

namespace faults {
extern const FaultKind damage;             // of records or of terms and votes, below what is known to be synced
extern const FaultKind damage_side_file;   // of a file beside the batches of a log that follows from them
extern const FaultKind damage_small_file;  // of one that only other brokers can give again
}  // namespace faults

// These, and those of any world: all that the plans of Fulmar's scenarios may have.
const FaultKinds& fault_kinds();

}  // namespace fulmar
