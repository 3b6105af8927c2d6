// Plans in which nothing is wrong although much is slow, stuck or cut off until the last moment: they must stay clean.
// What fails here is a checker that asks for more than is promised; those of liveness, with their bounds in time, err
// most.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "faults/plan.h"
#include "scenarios/life.h"

namespace fulmar {
namespace {

TEST(HealthyPlans, StayClean) {
  std::set<std::string_view> scenarios;
  for (const auto& entry : std::filesystem::directory_iterator(FULMAR_HEALTHY)) {
    std::ifstream file(entry.path());
    std::stringstream text;
    text << file.rdbuf();
    auto plan = plan_from_json(text.str(), all_scenarios().front().terms);
    ASSERT_TRUE(plan.has_value()) << entry.path() << to_string(plan.error());
    const auto* scenario = find_scenario(plan->scenario);
    ASSERT_NE(scenario, nullptr) << entry.path();
    auto checked = scenario->check(*scenario, *plan);
    EXPECT_TRUE(checked.has_value()) << entry.path() << to_string(checked.error());
    auto life = scenario->run(*plan, {});
    for (const auto& violation : life.violations)
      ADD_FAILURE() << entry.path() << "\n"
                    << violation.property << ": " << violation.anomaly << "\n"
                    << violation.text;
    scenarios.insert(scenario->name);
  }
  EXPECT_GE(scenarios.size(), 8u);
}

}  // namespace
}  // namespace fulmar
