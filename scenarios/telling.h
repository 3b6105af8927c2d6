// For clients: tell whoever observes the life of an operation that begins, and of one that has ended or is given up.
#pragma once

#include "scenarios/described_operations.h"
#include "scenarios/workload.h"

namespace fulmar {

template <class Operation>
void tell_begun(const Workload& workload, const Operation& operation) {
  if (workload.on_operation) workload.on_operation(described(operation), false);
}

// Also of one that was not told of when it began.
template <class Operation>
void tell_ended(const Workload& workload, const Operation& operation) {
  if (workload.on_operation) workload.on_operation(described(operation), true);
}

}  // namespace fulmar
