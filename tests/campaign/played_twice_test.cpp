// Lives that are not the same when they are played again.
#include "campaign/played_twice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "campaign/command_line.h"
#include "campaign/exit_codes.h"
#include "campaign/worker.h"
#include "reports/store.h"
#include "sim/world.h"

namespace fulmar {
namespace {

int plays = 0;  // of this process; what is to differ between lives depends on it

// From the third message on, says how many lives this process has played.
LifeResult play_forgetful(const Plan& plan, const LifeOptions& options) {
  ++plays;
  World world(plan.seed, LogLevel::debug);
  if (options.trace) world.trace().set_sink(options.trace);
  world.add_node("node").start(1, [&](Host& host) {
    for (int step = 1; step <= 5; ++step)
      host.log().info("step", {{"number", std::to_string(step < 3 || plan.seed % 2 == 0 ? step : 10 * plays + step)}});
    return 0;
  });
  world.run_for(seconds(1));
  LifeResult life;
  life.trace_hash = world.trace().hash();
  life.events = world.trace().events();
  return life;
}

const FaultKinds& kinds() {
  static const FaultKinds none({});
  return none;
}

constexpr PlanTerms terms{kinds, [](const Plan&) { return std::vector<std::string>{"node"}; }};
constexpr Scenario forgetful{"forgetful",    "",    [](std::uint64_t seed) { return Plan{"forgetful", seed, {}, {}}; },
                             play_forgetful, terms, nullptr};

TEST(PlayedTwice, SaysWhatDiffers) {
  LifeResult life;
  life.trace_hash = 0xab;
  life.events = 7;
  life.marks["elected"] = 2;
  EXPECT_EQ(differ(life, life), std::nullopt);
  auto other = life;
  other.trace_hash = 0xcd;
  EXPECT_EQ(differ(life, other), "trace hash 00000000000000ab, then 00000000000000cd");
  other = life;
  other.violations.push_back({"order", "duplicate", "", Instant{}});
  EXPECT_EQ(differ(life, other), "clean, then 1 violations, the first of which is order: duplicate");
  other = life;
  other.marks["elected"] = 3;
  EXPECT_EQ(differ(life, other), "mark 'elected' 2, then 3");
  other.marks.clear();
  EXPECT_EQ(differ(life, other), "mark 'elected' 2, then not there");
}

TEST(PlayedTwice, ShowsTheFirstEventThatDiffers) {
  auto difference = find_difference(forgetful, forgetful.plan(1), "this", 10);
  EXPECT_THAT(difference.first, testing::HasSubstr("number=13"));
  EXPECT_THAT(difference.second, testing::HasSubstr("number=23"));
  auto text = describe(difference);
  EXPECT_THAT(text,
              testing::StartsWith("NONDETERMINISM: the same plan gave this\n    the traces differ first in line "));
  EXPECT_THAT(text, testing::HasSubstr(difference.first + "\n"));
}

TEST(PlayedTwice, EqualTracesAreSaidToBeEqual) {
  auto difference = find_difference(forgetful, forgetful.plan(2), "this", 10);
  EXPECT_EQ(difference.number, 0u);
  EXPECT_THAT(describe(difference), testing::HasSubstr("the traces of 4 more lives of it were equal"));
}

TEST(PlayedTwice, AWorkerComparesTheLivesThatAreToBePlayedTwice) {
  std::map<std::uint64_t, PlayedLife> played;
  auto orders = lives_of_seeds(forgetful, 1, 4);
  run_in_workers(
      {.jobs = 2},
      [&] {
        auto order = orders();
        if (order) order->twice = order->plan.seed != 3;
        return order;
      },
      [&](const PlayedLife& life) { played[life.order.plan.seed] = life; }, [] {});
  ASSERT_EQ(played.size(), 4u);
  ASSERT_TRUE(played[1].difference.has_value());
  EXPECT_THAT(played[1].difference->what, testing::StartsWith("trace hash "));
  EXPECT_GT(played[1].difference->number, 0u);
  for (auto equal : {2, 3, 4}) EXPECT_FALSE(played[equal].difference.has_value());
}

TEST(PlayedTwice, ACampaignThatPlaysAnotherLifeTheSecondTimeExitsWithThreeAndReportsIt) {
  const Scenario scenarios[] = {forgetful};
  auto report = testing::TempDir() + "forgetful.db";
  std::filesystem::remove(report);
  testing::internal::CaptureStdout();
  auto code = run_command({"forgetful-sim", scenarios}, {"run", "--seeds", "1..100", "--report", report});
  std::fflush(stdout);
  auto out = testing::internal::GetCapturedStdout();
  EXPECT_EQ(code, exit_nondeterminism);
  EXPECT_THAT(out, testing::ContainsRegex("forgetful seed [0-9]+: NONDETERMINISM: the same plan gave trace hash"));
  EXPECT_THAT(out, testing::HasSubstr("    the traces differ first in line "));
  EXPECT_THAT(out, testing::HasSubstr("  replay: forgetful-sim replay --scenario forgetful --seed "));
  std::size_t differing = 0, twice = 0;
  auto store = ReportStore::open_existing(report).value();
  EXPECT_TRUE(store
                  ->each_life(std::nullopt,
                              [&](const LifeReport& life) {
                                twice += life.played_twice;
                                if (life.difference.empty()) return;
                                ++differing;
                                EXPECT_EQ(life.seed % 2, 1u);
                              })
                  .has_value());
  EXPECT_GT(differing, 0u);
  EXPECT_GT(twice, differing);
}

}  // namespace
}  // namespace fulmar
