#include "scenarios/life.h"

#include "scenarios/single_broker.h"

namespace fulmar {

namespace {
constexpr Scenario scenarios[] = {
    {"single-broker", "one broker, several clients, all faults that one broker promises to survive", plan_single_broker,
     run_single_broker},
};
}  // namespace

std::span<const Scenario> all_scenarios() {
  return scenarios;
}

const Scenario* find_scenario(std::string_view name) {
  for (const auto& scenario : scenarios)
    if (scenario.name == name) return &scenario;
  return nullptr;
}

}  // namespace fulmar
