// The campaign engine with a simulator that is not Fulmar's: two machines pass a number to each other, and the scenario
// loses it in every third life.
#include "campaign/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "campaign/exit_codes.h"
#include "faults/kinds.h"
#include "runtime/host/clock.h"
#include "sim/world.h"
#include "tests/campaign/running.h"

namespace fulmar {
namespace {

constexpr Setting laps{"laps", 1, 4};

Plan plan_passing(std::uint64_t seed) {
  Plan plan{"passing", seed, {{"laps", static_cast<std::int64_t>(1 + seed % 4)}}, {}};
  if (seed > 1000) plan.faults.push_back({seed % 2 ? &faults::pause : &faults::reset, Instant{}, seconds(1), 0, 0, 0});
  return plan;
}

LifeResult play_passing(const Plan& plan, const LifeOptions& options) {
  World world(plan.seed, LogLevel::debug);
  if (options.trace) world.trace().set_sink(options.trace);
  std::int64_t passed = 0;
  for (auto name : {"left", "right"})
    world.add_node(name).start(1, [&](Host& host) {
      for (std::int64_t lap = 0; lap < plan.setting(laps); ++lap) {
        host.clock().sleep_for(milliseconds(3));
        host.log().info("passes it on", {{"lap", std::to_string(lap)}});
        ++passed;
      }
      return 0;
    });
  world.run_for(seconds(1));
  LifeResult result;
  result.trace_hash = world.trace().hash();
  result.events = world.trace().events();
  result.simulated = world.now() - Instant{};
  result.operations["laps"] = static_cast<std::uint64_t>(passed);
  result.times["to pass"] = milliseconds(plan.seed % 1000);
  result.marks["third life"] = plan.seed % 3 == 0;
  result.marks["lap"] = static_cast<std::uint64_t>(passed);
  if (plan.seed % 3 == 0)
    result.violations.push_back({"the number stays", "lost", "it is gone", Instant{} + milliseconds(3)});
  return result;
}

Result<void> check_passing(const Scenario&, const Plan& plan) {
  if (plan.setting_or(laps, 0) < laps.min) return fail(Errc::invalid_argument, "setting 'laps' must be 1 at least");
  return {};
}

const FaultKinds& passing_faults() {
  static const FaultKinds all{faults::of_any_world()};
  return all;
}

std::vector<std::string> passing_nodes(const Plan&) {
  return {"left", "right"};
}

constexpr PlanTerms terms{passing_faults, passing_nodes};
constexpr RequiredMark required[] = {{"lap", 1}, {"third life", 2}};
constexpr Scenario scenarios[] = {{"passing", "two machines that pass a number to each other", plan_passing,
                                   play_passing, terms, check_passing, required}};
constexpr Simulator simulator{"passing-sim", scenarios};

Ran run(const std::vector<std::string>& arguments) {
  return fulmar::run(simulator, arguments);
}

TEST(CommandLine, ListsTheScenariosItWasGiven) {
  EXPECT_EQ(run({"list"}).out, "passing  two machines that pass a number to each other\n");
}

TEST(CommandLine, NamesItselfWhereItComplains) {
  auto ran = run({"run", "--scenario", "replication", "--seeds", "1..2"});
  EXPECT_EQ(ran.code, exit_usage);
  EXPECT_THAT(ran.errors, testing::StartsWith("passing-sim: unknown scenario replication\n"));
  EXPECT_THAT(ran.errors, testing::HasSubstr("\npassing-sim run [--scenario S,S] [--seeds A..[B]]"));
  ran = run({"hash"});
  EXPECT_EQ(ran.code, exit_usage);
  EXPECT_THAT(ran.errors, testing::StartsWith("passing-sim: unknown command hash"));
  EXPECT_THAT(ran.errors, testing::HasSubstr("\npassing-sim hashes --scenario S --seeds A..B\n"));
}

TEST(CommandLine, EachCommandExplainsItselfAndRefusesTheOptionsOfOthers) {
  for (std::string command : {"list", "run", "replay", "shrink", "verify", "plan", "hashes", "levels"}) {
    auto ran = run({command, "--help"});
    EXPECT_EQ(ran.code, 0);
    EXPECT_THAT(ran.out, testing::StartsWith("passing-sim " + command));
    ran = run({command, "--no-such-option", "1"});
    EXPECT_EQ(ran.code, exit_usage) << command;
    EXPECT_THAT(ran.errors, testing::HasSubstr("no-such-option"));
  }
  EXPECT_EQ(run({"replay", "--scenario", "passing", "--seed", "4", "--jobs", "2"}).code, exit_usage);
  EXPECT_EQ(run({"hashes", "--scenario", "passing", "--seeds", "1", "--trace"}).code, exit_usage);
  EXPECT_EQ(run({"plan", "--scenario", "passing", "--seed", "1", "--see", "2"}).code, exit_usage);
}

TEST(CommandLine, NumbersThatAreNoneAreRefused) {
  for (const auto* seeds : {"", "x", "2..1", "-1..3", "1..", "1..2x", "99999999999999999999", "1.5"})
    EXPECT_EQ(run({"hashes", "--scenario", "passing", "--seeds", seeds}).code, exit_usage) << seeds;
  for (const auto* jobs : {"0", "-1", "257", "two"})
    EXPECT_EQ(run({"run", "--scenario", "passing", "--seeds", "1", "--jobs", jobs}).code, exit_usage) << jobs;
  for (const auto* time : {"0", "-3s", "nan", "5d", "s"})
    EXPECT_EQ(run({"run", "--scenario", "passing", "--seeds", "1", "--time", time}).code, exit_usage) << time;
}

TEST(CommandLine, ACampaignFindsTheLivesThatViolateAndCountsWhatAllDid) {
  auto ran = run({"run", "--scenario", "passing", "--seeds", "1..9", "--jobs", "2"});
  EXPECT_EQ(ran.code, exit_violation);
  EXPECT_THAT(ran.out, testing::HasSubstr("passing: 9 lives"));
  EXPECT_THAT(ran.out, testing::HasSubstr(", 3 with violations"));
  EXPECT_THAT(ran.out, testing::HasSubstr(", 44 laps\n"));  // two machines, 1 + seed % 4 laps each
  EXPECT_THAT(ran.out, testing::HasSubstr("third life 3;"));
  EXPECT_THAT(ran.out, testing::HasSubstr("failed seeds: 3 6 9\n"));
  EXPECT_THAT(ran.out, testing::HasSubstr("replay: passing-sim replay --scenario passing --seed "));
}

TEST(CommandLine, ACampaignFailsIfEnoughLivesHaveNotReachedAMarkThatItsScenarioRequires) {
  auto junit = testing::TempDir() + "passing.xml";
  auto ran = run({"run", "--scenario", "passing", "--seeds", "1..2", "--junit", junit});
  EXPECT_EQ(ran.code, exit_violation);
  EXPECT_THAT(ran.out, testing::HasSubstr("passing: 2 lives"));
  EXPECT_THAT(ran.out, testing::HasSubstr(", 0 with violations"));
  EXPECT_THAT(ran.out, testing::HasSubstr("\npassing: no life has reached \"third life\", which 2 lives have to\n"));
  EXPECT_THAT(ran.out, testing::Not(testing::HasSubstr("\"lap\"")));
  std::stringstream written;
  written << std::ifstream(junit).rdbuf();
  EXPECT_THAT(written.str(), testing::HasSubstr("name=\"required marks\""));
  EXPECT_THAT(written.str(), testing::HasSubstr("no life has reached &quot;third life&quot;"));

  ran = run({"run", "--scenario", "passing", "--seeds", "1..1"});
  EXPECT_EQ(ran.code, 0) << "one life is too few to tell";
  EXPECT_THAT(ran.out, testing::HasSubstr("never reached: third life;"));
}

TEST(CommandLine, AReplayShowsTheTraceAndTheVerdict) {
  auto ran = run({"replay", "--scenario", "passing", "--seed", "6", "--trace"});
  EXPECT_EQ(ran.code, exit_violation);
  EXPECT_THAT(ran.out, testing::HasSubstr("passes it on"));
  EXPECT_THAT(ran.out, testing::HasSubstr("seed 6 violates the number stays: lost\n    it is gone\n"));
  EXPECT_EQ(run({"replay", "--scenario", "passing", "--seed", "4"}).code, 0);
}

TEST(CommandLine, HashesAreOfTheSeedAlone) {
  auto once = run({"hashes", "--scenario", "passing", "--seeds", "1..5"}).out;
  EXPECT_EQ(run({"hashes", "--scenario", "passing", "--seeds", "1..5"}).out, once);
  EXPECT_EQ(std::count(once.begin(), once.end(), '\n'), 5);
}

TEST(CommandLine, LevelsAreTheTimesThatLivesMeasuredByTheirFault) {
  auto ran = run({"levels", "--scenario", "passing", "--seeds", "1001..1008", "--jobs", "2"});
  EXPECT_EQ(ran.code, exit_violation);  // of lives 1002, 1005 and 1008
  EXPECT_THAT(ran.out, testing::HasSubstr("seed 1005 violates the number stays: lost"));
  EXPECT_THAT(ran.out, testing::HasSubstr("passing: 8 lives; median / 99th percentile / maximum, in ms of simulated"));
  EXPECT_THAT(ran.out, testing::ContainsRegex("pause  +4  +3 / 7 / 7\n"));  // of 1, 3, 5, 7
  EXPECT_THAT(ran.out, testing::ContainsRegex("reset  +4  +4 / 8 / 8\n"));
}

TEST(CommandLine, LevelsOfLivesWithoutAFaultAreRefused) {
  auto ran = run({"levels", "--scenario", "passing", "--seeds", "1..2"});
  EXPECT_EQ(ran.code, exit_violation);
  EXPECT_EQ(ran.errors, "passing-sim: the lives of scenario passing have measured nothing\n");
}

TEST(CommandLine, APlanThatItsScenarioCannotPlayIsRefused) {
  auto path = testing::TempDir() + "passing-plan.json";
  std::ofstream(path) << plan_to_json({"passing", 6, {{"laps", 0}}, {}}, terms);
  auto ran = run({"replay", path});
  EXPECT_EQ(ran.code, exit_usage);
  EXPECT_EQ(ran.errors, "passing-sim: " + path + ": setting 'laps' must be 1 at least\n");
}

}  // namespace
}  // namespace fulmar
