// The canary: a scenario that fails on purpose for one seed in a hundred, those that end in 42. Every simulator has it,
// hidden, so that anyone can see whether what fails is reported: by the exit code, in the report, in the CI system.
#pragma once

#include "campaign/scenario.h"

namespace fulmar {

const Scenario& canary_scenario();

}  // namespace fulmar
