// Simulator: a program with scenarios.
#pragma once

#include <span>
#include <string_view>

#include "campaign/own_report.h"
#include "campaign/scenario.h"

namespace fulmar {

struct Simulator {
  std::string_view program;  // its name in messages
  std::span<const Scenario> scenarios;
  std::string_view levels_scenario = {};    // the scenario of `levels`, unless another is given
  std::span<const OwnReport> reports = {};  // forms of report that it adds
};

// The scenario of that name, one of the simulator's or the canary, which all have; nullptr if there is none.
const Scenario* scenario_named(const Simulator& simulator, std::string_view name);

}  // namespace fulmar
