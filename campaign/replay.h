// replay: plays one life twice, prints what happened, and checks that both times were equal.
#pragma once

#include <string>
#include <string_view>

#include "campaign/capsule.h"
#include "campaign/memory_limit.h"
#include "campaign/plan_choice.h"
#include "campaign/scenario.h"
#include "campaign/time_limit.h"
#include "faults/plan.h"

namespace fulmar {

struct ReplayOptions {
  std::string_view program;           // the program's name, for the command that replays the life
  std::string plan_file;              // the file that the plan is from; empty: it follows from its seed
  const Capsule* recorded = nullptr;  // what the life is compared with; nullptr: with nothing
  bool trace = false;                 // prints every event
  std::string record_file = {};       // gets the life's operations and events as JSON; empty: none
  PlanChoice choice = {};             // for a plan that follows from its seed
  double life_seconds_max = fulmar::life_seconds_max;
  std::size_t life_bytes_max = fulmar::life_bytes_max;
};

// Returns the exit code: 0 no violation; 1 a violation, a crash or a life that takes too long or too much memory; 2 the
// record's file can't be opened; 3 two different lives from one plan; 4 the trace or the record could not be written.
// The life runs in a process of its own, so that a crash leaves its whole trace and its stack.
int replay(const Scenario& scenario, const Plan& plan, const ReplayOptions& options);

}  // namespace fulmar
