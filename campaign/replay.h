// replay: plays one life again, twice, so that whoever looks for its bug sees everything and can rely on it.
#pragma once

#include <string>
#include <string_view>

#include "campaign/scenario.h"
#include "campaign/time_limit.h"
#include "faults/plan.h"

namespace fulmar {

struct ReplayOptions {
  std::string_view program;  // whose command line plays the life again
  std::string plan_file;     // where the plan is from, if not from its seed
  bool trace = false;        // prints every event
  double life_seconds_max = fulmar::life_seconds_max;
};

// Returns the exit code: 0 clean, 1 a violation, a crash or a life that takes too long, 3 two different lives from one
// plan, 4 the trace could not be written. The life runs in a process of its own: its trace is whole also if that
// crashes, and its stack is printed.
int replay(const Scenario& scenario, const Plan& plan, const ReplayOptions& options);

}  // namespace fulmar
