// The planner: which faults a life meets. Which kinds there are at all is chosen first (swarm testing, Groce et al.
// 2012), so that lives differ in kind and not only in timing; then each kind draws its faults from a stream of its own,
// so that one fault more or less leaves all others as they are.
#pragma once

#include <vector>

#include "faults/plan.h"
#include "runtime/base/random.h"

namespace fulmar {

struct FaultWindow {
  Instant begin;
  Instant end;              // no fault lasts beyond
  std::size_t brokers = 1;  // nodes 0 .. brokers - 1; the rest are clients
  std::size_t nodes = 2;
};

std::vector<Fault> plan_faults(const Random& random, const FaultWindow& window);

}  // namespace fulmar
