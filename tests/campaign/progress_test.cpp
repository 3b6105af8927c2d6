#include "campaign/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/summary.h"

namespace fulmar {
namespace {

using testing::HasSubstr;

LifeReport life(const std::string& scenario, std::uint64_t seed, const std::string& signature = "") {
  LifeReport one{
      .scenario = scenario, .seed = seed, .events = 100 + seed, .simulated_seconds = 50, .wall_seconds = 0.5};
  one.marks = {{"elected", 1}, {"moved", seed == 3}};
  if (signature.empty()) return one;
  one.signature = signature;
  one.violations.push_back({"p", "a", "t", {}});
  one.replay = "sim replay --scenario " + scenario + " --seed " + std::to_string(seed);
  return one;
}

Totals some_totals() {
  Totals totals;
  for (std::uint64_t seed = 1; seed <= 3; ++seed) totals.add(life("churn", seed));
  totals.add(life("disk", 2));
  totals.add(life("disk", 9, "order: duplicate"));
  totals.add(life("disk", 7, "order: duplicate"));
  totals.add(life("churn", 8, "order: duplicate"));
  totals.add(life("churn", 5, "durability: lost-write"));
  return totals;
}

TEST(Progress, TheEtaIsTheEarlierOfTimeAndSeeds) {
  auto totals = some_totals();
  CampaignProgress progress{.seconds = 4, .lives = {}, .scenarios = {}};
  EXPECT_EQ(seconds_left(progress, totals), std::nullopt);
  progress.seconds_max = 10;
  EXPECT_EQ(seconds_left(progress, totals), 6);
  progress.lives = 16;
  EXPECT_EQ(seconds_left(progress, totals), 4);
  progress.seconds_max = 5;
  EXPECT_EQ(seconds_left(progress, totals), 1);
  EXPECT_EQ(seconds_left(progress, {}), 1) << "no life yet";
}

TEST(Progress, ALineSaysHowFarItIs) {
  CampaignProgress progress{.seconds = 4, .seconds_max = 10, .lives = 16, .scenarios = {}};
  EXPECT_EQ(progress_line(progress, some_totals()),
            "8/16 lives, 4 with violations (2 findings), 100 simulated s per wall s and core, ETA 4 s");
}

TEST(Progress, AScreenHasEachScenarioAndTheFindingsOfTheMostLivesFirst) {
  CampaignProgress progress{
      .seconds = 60, .lives = {}, .until_first_failure = true, .scenarios = {"churn", "disk", "groups"}};
  EXPECT_THAT(screen_lines(progress, some_totals(), 100, 40),
              testing::ElementsAre("1:00  8 lives, 8 per minute, until the first failure",
                                   "  scenario      lives    failing      marks      speed",
                                   "  churn             5          2        2/2        100",
                                   "  disk              3          2        1/2        100",
                                   "  groups            0          0        0/0          0",
                                   "  all               8          4        2/2        100", "findings",
                                   "       3  order: duplicate (disk seed 7)",
                                   "       1  durability: lost-write (churn seed 5)"));
}

TEST(Progress, AScreenFitsTheTerminal) {
  CampaignProgress progress{.seconds = 60, .lives = {}, .scenarios = {"churn", "disk"}};
  auto totals = some_totals();
  totals.add(life("disk", 4, "na\xc3\xafve: \xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"));
  for (std::size_t columns = 1; columns < 40; ++columns)
    for (const auto& line : screen_lines(progress, totals, columns, 20)) {
      EXPECT_LE(line.size(), columns);
      EXPECT_TRUE(line.empty() || (static_cast<unsigned char>(line.back()) & 0xc0) != 0xc0) << "half a character";
    }
  EXPECT_EQ(screen_lines(progress, totals, 80, 3).size(), 3u);
}

TEST(Summary, SaysWhatNoLifeHasReachedAndGroupsFindings) {
  auto totals = some_totals();
  auto text = summary_text(totals, 4);
  EXPECT_THAT(text, HasSubstr("churn: 5 lives in 4.0 s (75 per minute), 2 with violations;"));
  EXPECT_THAT(text, HasSubstr("disk: 3 lives in 4.0 s (45 per minute), 2 with violations;"));
  EXPECT_THAT(text, HasSubstr("never reached: moved;\n"));
  EXPECT_THAT(text, HasSubstr("failed seeds: 7 9\n"));
  EXPECT_THAT(text, HasSubstr("all: 8 lives"));
  EXPECT_THAT(text, HasSubstr("reached: elected 8; moved 1;\n"));
  EXPECT_THAT(text, HasSubstr("findings: 2\n  3 lives: order: duplicate; the shortest: disk seed 7\n"
                              "    sim replay --scenario disk --seed 7\n"));
}

TEST(Summary, DurationsAreShort) {
  EXPECT_EQ(duration_text(0.4), "0 s");
  EXPECT_EQ(duration_text(59), "59 s");
  EXPECT_EQ(duration_text(185), "3:05");
  EXPECT_EQ(duration_text(3723), "1:02:03");
}

}  // namespace
}  // namespace fulmar
