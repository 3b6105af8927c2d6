// check_plan: whether a hand-written or edited plan can be played by its scenario.
#pragma once

#include "faults/plan.h"
#include "runtime/base/result.h"
#include "scenarios/life.h"

namespace fulmar {

// All settings are present, known (plan_settings.h), in range, and consistent. Faults affect brokers, are in order, and
// have amounts that their kinds allow; they take acknowledged data from no more disks than a life survives, and do not
// disturb the calm. Errors: invalid_argument, in one sentence.
Result<void> check_plan(const Scenario& scenario, const Plan& plan);
// Whether the settings of security fit each other and the rest. Errors: likewise.
Result<void> check_security(const Plan& plan);
// Checks one fault, by its index: that it affects a broker, has an allowed amount, and is in order.
Result<void> check_fault(const Plan& plan, std::size_t number);

}  // namespace fulmar
