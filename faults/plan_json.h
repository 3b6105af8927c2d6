// Plans as parts of larger JSON texts; plan.h has those that are a text of their own.
#pragma once

#include "faults/plan.h"
#include "faults/strict_json.h"

namespace fulmar {

strict_json::ordered_json json_of_plan(const Plan& plan, const PlanTerms& terms);
// Throws strict_json::Malformed.
Plan plan_of_json(const strict_json::ordered_json& json, const PlanTerms& terms);

}  // namespace fulmar
