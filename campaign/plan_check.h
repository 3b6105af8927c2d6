// Whether a plan, which may be hand-written or edited, can be played.
#pragma once

#include <span>
#include <string>

#include "campaign/scenario.h"

namespace fulmar {

// Errors of all functions: invalid_argument, in one sentence.

// All required settings are there, no others than these and the optional ones, and all in their ranges. `whose`:
// "scenario disk".
Result<void> check_settings(const Plan& plan, const std::string& whose, std::span<const Setting* const> required,
                            std::span<const Setting* const> optional);
// The fault of that index: its target is one of the first `servers` nodes, its peer another node, its amount one that
// its kind allows, and it does not begin before the fault above it. `server`: what a server is called.
Result<void> check_fault(const Plan& plan, std::size_t number, std::span<const std::string> nodes, std::size_t servers,
                         const std::string& server = "server");

// All that the scenario's terms say: settings, of which all but PlanTerms::end_ms are required, and faults.
Result<void> check_by_terms(const Scenario& scenario, const Plan& plan);

}  // namespace fulmar
