// A scenario file: a scenario with settings and kinds of fault that are chosen for all its plans, as JSON, so that a
// mix that is wanted again and again is kept in a file, and not in code:
//
//   {"scenario": "replication", "settings": {"brokers": 5, "producers": 4}, "faults": ["pause", "disk_slow"]}
//
// Without "faults" there are all that the seeds choose; an empty list means none.
#pragma once

#include <string>

#include "campaign/plan_choice.h"

namespace fulmar {

struct ScenarioFile {
  std::string scenario;
  PlanChoice choice;
};

// Whether the scenario is there and knows these settings and faults is not looked at. Errors: invalid_argument, in one
// sentence.
Result<ScenarioFile> scenario_file_from_json(const std::string& text);

}  // namespace fulmar
