// Breeding: makes a plan of another by one change to what it says, as a seed might have chosen it.
#pragma once

#include <optional>
#include <string>

#include "campaign/plan_choice.h"
#include "runtime/base/random.h"

namespace fulmar {

struct Bred {
  Plan plan;
  std::string change;  // "a kill moved"
};

// One setting has the value that another seed chose, or one fault is removed, moved in time, of another node, as long
// and strong as another seed's, or added as another seed has it. Values come from seeds that choose the same settings
// at all, since scenarios choose some values by others; what was chosen for all plans stays. The scenario's check()
// accepts the plan. nullopt: none was found.
std::optional<Bred> breed(const Scenario& scenario, const Plan& parent, const PlanChoice& choice, Random random);

}  // namespace fulmar
