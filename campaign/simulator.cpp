#include "campaign/simulator.h"

#include <algorithm>

#include "campaign/canary.h"

namespace fulmar {

const Scenario* scenario_named(const Simulator& simulator, std::string_view name) {
  if (name == canary_scenario().name) return &canary_scenario();
  auto found = std::ranges::find(simulator.scenarios, name, &Scenario::name);
  return found == simulator.scenarios.end() ? nullptr : &*found;
}

}  // namespace fulmar
