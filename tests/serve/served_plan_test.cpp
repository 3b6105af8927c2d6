// Plans of sessions: fit for clients from outside, whatever the seed; and what can't be served is refused.
#include "scenarios/serve/served_plan.h"

#include <gtest/gtest.h>

#include "scenarios/damage/damage_faults.h"
#include "scenarios/plan_settings.h"
#include "scenarios/serve/served_faults.h"

namespace fulmar {
namespace {

TEST(ServedPlan, EverySeedOfEveryScenarioCanBeServed) {
  for (auto scenario : served_scenarios())
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
      auto plan = served_plan(scenario, seed, {});
      ASSERT_TRUE(plan.has_value()) << scenario << " " << seed << ": " << plan.error().detail;
      EXPECT_EQ(plan->setting(settings::clients), 1);
      EXPECT_GE(plan->setting(settings::segment_bytes), 1 << 20);
      EXPECT_FALSE(plan->has(settings::work_factor));
      EXPECT_FALSE(plan->has(settings::throttled_rate));
    }
}

TEST(ServedPlan, WhatIsChosenCounts) {
  PlanChoice choice{.settings = {{"brokers", 5}, {"segment_bytes", 1000}, {"work_factor", 10}}, .faults = {}};
  auto plan = served_plan("disk", 1, choice);
  ASSERT_TRUE(plan.has_value()) << plan.error().detail;
  EXPECT_EQ(plan->setting(settings::brokers), 5);
  EXPECT_EQ(plan->setting(settings::segment_bytes), 1000);
  EXPECT_EQ(plan->setting(settings::work_factor), 10);
}

TEST(ServedPlan, WhatCanNotBeServedIsRefusedInOneSentence) {
  auto refusal = [](std::string_view scenario, const PlanChoice& choice) {
    auto plan = served_plan(scenario, 1, choice);
    return plan ? std::string() : plan.error().detail;
  };
  EXPECT_EQ(refusal("recovery", {}), "serve has no scenario 'recovery'");
  EXPECT_EQ(refusal("disk", {.settings = {{"producers", 2}}, .faults = {}}), "serve has no setting 'producers'");
  EXPECT_EQ(refusal("disk", {.settings = {{"clients", 2}}, .faults = {}}), "serve has no setting 'clients'");
  EXPECT_EQ(refusal("disk", {.settings = {{"brokers", 0}}, .faults = {}}),
            "setting 'brokers' must be from 1 to 15, not 0");
  EXPECT_EQ(refusal("disk", {.settings = {{"brokers", 1}}, .faults = {}}),
            "setting 'replication_factor' must not be above 'brokers', which is 1");
  EXPECT_EQ(refusal("disk", {.settings = {{"throttled_rate", 1000}}, .faults = {}}),
            "the settings 'throttled_rate' and 'catch_up_lag' must be given together");
  EXPECT_EQ(refusal("disk", {.settings = {}, .faults = {{"kil"}}}),
            "there is no kind of fault kil; did you mean kill?");
}

// A kind without words of its own would be told as "has a fault".
TEST(ServedPlan, EveryKindOfFaultHasWords) {
  for (const auto& [number, kind] : fault_kinds().by_number()) {
    Fault fault{.kind = kind, .at = {}, .duration = milliseconds(1500), .target = 0, .peer = 1, .amount = 1};
    auto words = in_words(fault, {"broker1", "client0"});
    EXPECT_EQ(words.find("has a fault"), std::string::npos) << words;
    EXPECT_TRUE(words.ends_with(" (" + std::string(kind->name) + ") for 1.5 s")) << words;
  }
}

}  // namespace
}  // namespace fulmar
