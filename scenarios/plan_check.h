// check_plan: whether a plan that somebody wrote or edited is one that its scenario can play.
#pragma once

#include "faults/plan.h"
#include "runtime/base/result.h"
#include "scenarios/life.h"

namespace fulmar {

// Settings are all there, and none that the scenario doesn't have; faults have targets that are brokers, and do not
// end before they begin. Settings that came later may be missing. Errors: invalid_argument, in one sentence.
Result<void> check_plan(const Scenario& scenario, const Plan& plan);

}  // namespace fulmar
