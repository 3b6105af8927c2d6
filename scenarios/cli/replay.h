// replay: plays one life again, twice, so that whoever looks for its bug sees everything and can rely on it.
#pragma once

#include <string>

#include "faults/plan.h"
#include "scenarios/life.h"

namespace fulmar {

// Returns the exit code: 0 clean, 1 a violation or a crash, 3 two different lives from one plan. `plan_file`: where the
// plan is from, if not from its seed. The life runs in a process of its own: its trace is whole also if that crashes,
// and its stack is printed.
int replay(const Scenario& scenario, const Plan& plan, const std::string& plan_file, bool trace);

}  // namespace fulmar
