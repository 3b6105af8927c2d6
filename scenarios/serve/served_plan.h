// The plan of a session of `serve`: a cluster's settings, as a scenario's seed chooses them, made fit for clients from
// outside. Its faults are planned window by window while the session lasts (served_faults.h).
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "campaign/plan_choice.h"
#include "campaign/scenario.h"

namespace fulmar {

// The scenarios that can be served: those that have a mix of faults.
std::vector<std::string_view> served_scenarios();

// The plan of a seed, without faults. Clients have one machine, "client0". Of the seed's settings those are left out
// that would not let an application work as it does with a broker of default configuration: tiny segments, throttled
// followers, brokers that compute slowly. They can still be chosen.
// Errors: invalid_argument, in one sentence: an unknown scenario, kind of fault or setting, a setting out of its range.
Result<Plan> served_plan(std::string_view scenario, std::uint64_t seed, const PlanChoice& choice);

// Whether a session can be played with it, which may be hand-written. Errors: invalid_argument, in one sentence.
Result<void> check_served_plan(const Plan& plan);

// The names that such plans use.
const PlanTerms& served_terms();

}  // namespace fulmar
