// check_plan: whether a plan that somebody wrote or edited is one that its scenario can play.
#pragma once

#include "faults/plan.h"
#include "runtime/base/result.h"
#include "scenarios/life.h"

namespace fulmar {

// Settings are all there, each is known (plan_settings.h) and in its range, and they go together. Faults are of
// brokers, in order, and of amounts that their kinds have; they take no more disks' promises than a life survives, and
// leave alone whom the settings' calm leaves alone. Errors: invalid_argument, in one sentence.
Result<void> check_plan(const Scenario& scenario, const Plan& plan);
// The same of one of its faults, by its index: that it is of a broker, of an amount that its kind has, and in order.
Result<void> check_fault(const Plan& plan, std::size_t number);

}  // namespace fulmar
