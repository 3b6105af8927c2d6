// Which life is played next.
#include "campaign/turns.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/campaign/tiny_simulator.h"

namespace fulmar {
namespace {

using tiny::steady;
using tiny::unlucky;

std::vector<std::uint64_t> seeds_of(Turns& turns, std::size_t max = 1000) {
  std::vector<std::uint64_t> seeds;
  while (seeds.size() < max) {
    auto order = turns.next();
    if (!order) break;
    seeds.push_back(order->plan.seed);
    turns.ended({.order = *order, .life = {}, .wall_seconds = 1, .cpu_seconds = 1, .difference = {}});
  }
  return seeds;
}

TEST(Turns, ScenariosGetEqualTimeHoweverLongTheirLivesAre) {
  Turns turns({&steady(), &unlucky()}, {.first = 1}, {}, {});
  std::map<std::string_view, int> lives;
  for (int i = 0; i < 110; ++i) {
    auto order = turns.next();
    ++lives[order->scenario->name];
    auto seconds = order->scenario == &steady() ? 0.1 : 1.0;
    turns.ended({.order = *order, .life = {}, .wall_seconds = seconds, .cpu_seconds = 0, .difference = {}});
  }
  EXPECT_NEAR(lives["steady"], 100, 2);
  EXPECT_NEAR(lives["unlucky"], 10, 2);
}

TEST(Turns, LivesUnderWayCountToo) {
  Turns turns({&steady(), &unlucky()}, {.first = 1}, {}, {});
  auto first = turns.next(), second = turns.next();
  EXPECT_NE(first->scenario, second->scenario);
}

TEST(Turns, ShardsPlayDisjointSeedsAndAllOfThem) {
  std::multiset<std::uint64_t> all;
  for (std::uint64_t number = 1; number <= 4; ++number) {
    Turns turns({&steady()}, {.first = 10, .last = 31}, {number, 4}, {});
    auto lives = turns.lives();
    auto seeds = seeds_of(turns);
    EXPECT_EQ(lives, static_cast<double>(seeds.size()));
    all.insert(seeds.begin(), seeds.end());
  }
  EXPECT_EQ(all.size(), 22u);
  for (std::uint64_t seed = 10; seed <= 31; ++seed) EXPECT_EQ(all.count(seed), 1u);
}

TEST(Turns, AShardOfFewerSeedsThanShardsMayHaveNone) {
  Turns turns({&steady()}, {.first = 1, .last = 2}, {3, 4}, {});
  EXPECT_EQ(turns.lives(), 0);
  EXPECT_FALSE(turns.next().has_value());
}

TEST(Turns, TheLargestSeedsDoNotOverflow) {
  Turns turns({&steady()}, {.first = seed_max - 3, .last = seed_max}, {}, {});
  EXPECT_THAT(seeds_of(turns), testing::ElementsAre(seed_max - 3, seed_max - 2, seed_max - 1, seed_max));
  Turns shard({&steady()}, {.first = 0, .last = seed_max - 1}, {2, 3}, {});
  EXPECT_THAT(seeds_of(shard, 3), testing::ElementsAre(1, 4, 7));
  EXPECT_GT(*shard.lives(), 1e18);
}

TEST(Turns, WhatWasPlayedBeforeIsNotPlayedAgain) {
  Turns turns({&steady()}, {.first = 1, .last = 6}, {}, {}, {{"steady", {{1, {}}, {2, {}}, {4, {}}}}});
  EXPECT_THAT(seeds_of(turns), testing::ElementsAre(3, 5, 6));
}

TEST(Turns, SeedsWhosePlansCannotBePlayedWithWhatWasChosenArePassedOver) {
  PlanChoice choice;
  ASSERT_TRUE(choice.add_setting("steps=105").has_value());
  Turns turns({&steady()}, {.first = 1, .last = 8}, {}, choice);
  EXPECT_THAT(seeds_of(turns), testing::ElementsAre(5, 6, 7, 8));
  auto passed = turns.passed_over();
  ASSERT_EQ(passed.size(), 1u);
  EXPECT_EQ(passed[0].seeds, 4u);
  EXPECT_EQ(passed[0].why, "setting 'steps' must not be above the seed and 100");
}

TEST(Turns, OneLifeOfTwentyIsPlayedTwiceAsItsSeedSays) {
  Turns turns({&steady()}, {.first = 1, .last = 2000}, {}, {});
  std::set<std::uint64_t> twice;
  while (auto order = turns.next())
    if (order->twice) twice.insert(order->plan.seed);
  EXPECT_NEAR(static_cast<double>(twice.size()), 100, 30);
  Turns again({&unlucky()}, {.first = 1, .last = 2000}, {}, {});
  while (auto order = again.next()) EXPECT_EQ(order->twice, twice.contains(order->plan.seed));
}

TEST(PlanChoice, IsWrittenAsItIsGiven) {
  PlanChoice choice;
  EXPECT_EQ(choice.options(), "");
  EXPECT_TRUE(choice.add_setting("steps=-5").has_value());
  EXPECT_TRUE(choice.set_faults("kill,pause").has_value());
  EXPECT_EQ(choice.options(), " --set steps=-5 --faults kill,pause");
  EXPECT_TRUE(choice.set_faults("none").has_value());
  EXPECT_EQ(choice.options(), " --set steps=-5 --faults none");
}

TEST(PlanChoice, RefusesWhatIsNoSettingOrList) {
  for (const auto* text : {"", "steps", "=5", "steps=", "steps=5x", "steps=99999999999999999999", "steps=1.5"})
    EXPECT_FALSE(PlanChoice{}.add_setting(text).has_value()) << text;
  PlanChoice choice;
  EXPECT_TRUE(choice.add_setting("steps=1").has_value());
  EXPECT_FALSE(choice.add_setting("steps=2").has_value());
  for (const auto* text : {"", ",", "kill,", "kill,,pause", "kill,kill"})
    EXPECT_FALSE(PlanChoice{}.set_faults(text).has_value()) << text;
}

TEST(PlanChoice, ChangesThePlanOfASeed) {
  PlanChoice choice{.settings = {{"steps", 77}}, .faults = {{"pause"}}};
  EXPECT_EQ(plan_of(steady(), 1, choice).settings.at("steps"), 77);
  EXPECT_EQ(plan_of(steady(), 1, choice).faults.size(), 1u);
  EXPECT_EQ(plan_of(steady(), 2, choice).faults.size(), 0u) << "its fault is a kill";
}

TEST(PlanChoice, IsRefusedInOneSentenceIfTheScenarioCannotPlayIt) {
  auto refusal = [](const PlanChoice& choice) {
    auto checked = check_choice(steady(), 1, choice);
    return checked ? "" : checked.error().detail;
  };
  EXPECT_EQ(refusal({}), "");
  EXPECT_EQ(refusal({.settings = {{"steps", 105}}, .faults = {}}), "") << "later seeds can be played";
  EXPECT_EQ(refusal({.settings = {{"stepz", 5}}, .faults = {}}), "scenario steady has no setting 'stepz'");
  EXPECT_EQ(refusal({.settings = {}, .faults = {{"kil"}}}), "there is no kind of fault kil; did you mean kill?");
  EXPECT_EQ(refusal({.settings = {}, .faults = {{"clog"}}}), "scenario steady has no faults of these kinds");
  EXPECT_EQ(refusal({.settings = {}, .faults = {std::vector<std::string>{}}}), "");
}

}  // namespace
}  // namespace fulmar
