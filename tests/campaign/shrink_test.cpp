// shrink: what is left of a failing life is what it takes to fail.
#include "campaign/shrink.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "campaign/exit_codes.h"
#include "campaign/held_signals.h"
#include "campaign/shrink_moves.h"
#include "campaign/shrink_search.h"
#include "faults/kinds.h"
#include "tests/campaign/counting.h"
#include "tests/campaign/running.h"

namespace fulmar {
namespace {

using testing::HasSubstr;

bool run_violates(const Plan& plan) {
  return !counting::scenario().run(plan, {}).violations.empty();
}

class Shrink : public testing::Test {
 protected:
  Shrink() { std::filesystem::remove(out_); }
  ~Shrink() override { counting::version = {}; }

  Ran shrink(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "shrink");
    arguments.insert(arguments.end(), {"-o", out_});
    return run(counting::simulator(), arguments);
  }
  PlayFile shrunk() {
    auto file = read_play_file(out_, counting::simulator());
    EXPECT_TRUE(file.has_value());
    return file ? std::move(*file) : PlayFile{};
  }
  std::string content() {
    std::stringstream text;
    text << std::ifstream(out_).rdbuf();
    return text.str();
  }

  std::string out_ = testing::TempDir() + "shrunk.capsule.json";
};

TEST_F(Shrink, LeavesTheTwoFaultsThatItTakesAndShowsThatEachIsNecessary) {
  for (const auto* seed : {"3", "6", "9"}) {
    auto ran = shrink({"--scenario", "counting", "--seed", seed});
    EXPECT_EQ(ran.code, 0) << ran.errors;
    auto plan = shrunk().plan;
    ASSERT_EQ(plan.faults.size(), 2u);
    EXPECT_EQ(plan.faults[0].kind, &faults::pause);
    EXPECT_EQ(plan.faults[1].kind, &faults::reset);
    EXPECT_LE(plan.faults[1].at, Instant{} + milliseconds(100));
    EXPECT_EQ(plan.setting(counting::machines), 2);
    EXPECT_EQ(plan.setting(counting::pace_ms), 1000);
    EXPECT_LE(plan.setting(counting::end_ms), 100);
    EXPECT_FALSE(plan.settings.contains("color"));
    EXPECT_EQ(plan.setting(counting::luck_percent), 100) << "it has no simplest value, and can't be left out";
    EXPECT_THAT(ran.out,
                testing::ContainsRegex("fault at [0-9]+ ms pause machine.*: without it, of 5 lives 5 are clean\n"));
    EXPECT_THAT(ran.out,
                testing::ContainsRegex("fault at [0-9]+ ms reset machine.*: without it, of 5 lives 5 are clean\n"));
    EXPECT_THAT(shrunk().capsule->notes, testing::SizeIs(2));
    EXPECT_THAT(ran.out, HasSubstr("pace_ms "));
    EXPECT_THAT(ran.out, HasSubstr("  neighbours that fail so: 20 of 20 (100 %; "));

    auto replayed = run(counting::simulator(), {"replay", out_});
    EXPECT_EQ(replayed.code, exit_violation);
    EXPECT_THAT(replayed.out, HasSubstr("The life is the recorded one, event for event.\n"));
    EXPECT_THAT(replayed.out, HasSubstr("It still is.\n"));
  }
}

TEST_F(Shrink, ACrashIsShrunkLikeAViolation) {
  counting::version.asserts = true;
  EXPECT_EQ(shrink({"--scenario", "counting", "--seed", "3"}).code, 0);
  EXPECT_EQ(shrunk().plan.faults.size(), 2u);
  EXPECT_THAT(to_string(*shrunk().capsule->signature), HasSubstr("assertion failed: !lost"));
}

TEST_F(Shrink, TheResultDoesNotDependOnTheNumberOfProcesses) {
  std::vector<std::string> results;
  for (const auto* jobs : {"1", "2", "5"}) {
    EXPECT_EQ(shrink({"--scenario", "counting", "--seed", "6", "--plays", "20", "--jobs", jobs}).code, 0);
    results.push_back(content());
  }
  EXPECT_EQ(results[1], results[0]);
  EXPECT_EQ(results[2], results[0]);
  EXPECT_EQ(shrink({"--scenario", "counting", "--seed", "6", "--jobs", "1"}).code, 0);
  auto whole = content();
  EXPECT_EQ(shrink({"--scenario", "counting", "--seed", "6", "--jobs", "4"}).code, 0);
  EXPECT_EQ(content(), whole);
  EXPECT_NE(whole, results[0]) << "more plays shrink more";
}

TEST_F(Shrink, KeepsTheBestSoFarWhenTimeIsOver) {
  auto ran = shrink({"--scenario", "counting", "--seed", "3", "--time", "0.001"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_EQ(run(counting::simulator(), {"replay", out_}).code, exit_violation);
  EXPECT_THAT(ran.out, HasSubstr("not judged, as time was over"));
}

TEST_F(Shrink, KeepsTheBestSoFarWhenInterruptedEvenBetweenTwoLives) {
  auto plan = counting::plan_of_seed(3);
  auto life = counting::scenario().run(plan, {});
  const Signature lost{"the count stays", "lost"};
  HeldSignals held;
  ShrinkSearch search(counting::scenario(), lost, {plan, life.events, life.simulated, life.violations.front().at},
                      {.seconds_max = 60});
  int better = 0;
  search.on_better = [&](const std::string&) {
    if (++better == 3) std::raise(SIGTERM);
  };
  search.try_everything(1);
  EXPECT_EQ(search.interrupted_by(), SIGTERM);
  EXPECT_EQ(better, 3);
  EXPECT_LT(search.best().plan.faults.size(), plan.faults.size());
  EXPECT_TRUE(run_violates(search.best().plan));
}

TEST_F(Shrink, ABugThatStrikesSomeLivesOnlyIsFollowedThroughNeighbours) {
  auto plan = counting::plan_of_seed(3);
  plan.set(counting::luck_percent, 40);
  while (!run_violates(plan)) plan.branches = {{0, plan.branches.empty() ? 1 : plan.branches[0].seed + 1}};
  auto path = testing::TempDir() + "unlucky.json";
  std::ofstream(path) << plan_to_json(plan, counting::scenario().terms);
  EXPECT_EQ(shrink({path}).code, 0);
  EXPECT_EQ(shrunk().plan.faults.size(), 2u);
}

TEST_F(Shrink, ACapsuleWhoseLifeFailsNoMoreIsShrunkByANeighbourThatDoes) {
  auto plan = counting::plan_of_seed(3);
  plan.set(counting::luck_percent, 40);
  while (run_violates(plan)) plan.branches = {{0, plan.branches.empty() ? 1 : plan.branches[0].seed + 1}};
  auto capsule = record_capsule(counting::scenario(), plan, {});
  ASSERT_TRUE(capsule.has_value());
  capsule->signature = {"the count stays", "lost"};
  auto path = testing::TempDir() + "moved.capsule.json";
  ASSERT_TRUE(write_capsule(path, *capsule, counting::scenario().terms));
  auto ran = shrink({path});
  EXPECT_EQ(ran.code, 0);
  EXPECT_THAT(ran.out, HasSubstr("a neighbour, since the life itself does not fail any more"));
  EXPECT_EQ(shrunk().plan.faults.size(), 2u);

  counting::version.fixed = true;
  std::filesystem::remove(out_);
  ran = shrink({path});
  EXPECT_EQ(ran.code, exit_usage);
  EXPECT_THAT(ran.errors, HasSubstr("neither the life nor its neighbours fail with the count stays: lost"));
  EXPECT_FALSE(std::filesystem::exists(out_));
}

TEST_F(Shrink, WhatCannotBeShrunkIsRefused) {
  auto ran = shrink({"--scenario", "counting", "--seed", "4"});
  EXPECT_EQ(ran.code, exit_usage);
  EXPECT_EQ(ran.errors, "counting-sim: the life does not fail: there is nothing to shrink\n");
  EXPECT_FALSE(std::filesystem::exists(out_));
  out_ = "/nonexistent/out.capsule.json";
  ran = shrink({"--scenario", "counting", "--seed", "3"});
  EXPECT_EQ(ran.code, exit_usage);
  EXPECT_EQ(ran.out, "") << "nothing was played";
  EXPECT_EQ(run(counting::simulator(), {"shrink"}).code, exit_usage);
  EXPECT_EQ(run(counting::simulator(), {"shrink", "--scenario", "counting"}).code, exit_usage);
  EXPECT_EQ(shrink({"--scenario", "counting", "--seed", "3", "--plays", "0"}).code, exit_usage);
  EXPECT_EQ(shrink({"no-such-file", "--seed", "3"}).code, exit_usage);
  EXPECT_EQ(shrink({"no-such-file"}).code, exit_usage);
}

TEST(ShrinkMoves, FaultsOfNodesThatAreGoneAreLeftOutOrMovedToOthersOfTheirSort) {
  auto plan = counting::plan_of_seed(3);
  plan.settings.erase("color");
  plan.set(counting::machines, 4);
  plan.set(counting::pace_ms, 1000);
  plan.set(counting::length_ms, 1);
  plan.faults = {{&faults::kill, Instant{}, seconds(1), 3, 1, 0}, {&faults::cut, Instant{}, seconds(1), 0, 2, 0}};
  auto alternatives = simpler_settings(counting::scenario(), plan).front().apply(plan);  // 4 machines -> 3
  ASSERT_EQ(alternatives.size(), 2u);
  EXPECT_EQ(alternatives[0].setting(counting::machines), 3);
  ASSERT_EQ(alternatives[0].faults.size(), 1u);
  EXPECT_EQ(alternatives[0].faults[0].kind, &faults::cut);
  ASSERT_EQ(alternatives[1].faults.size(), 2u);
  EXPECT_EQ(alternatives[1].faults[0].target, 2u) << "the nodes with faults come to be the first";
  EXPECT_EQ(alternatives[1].faults[1].peer, 1u);
}

TEST(ShrinkMoves, AllFaultsBeginInAQuarterOrHalfOfTheTime) {
  auto plan = counting::plan_of_seed(6);
  ASSERT_GE(plan.faults.size(), 2u);
  auto moves = all_faults_earlier();
  ASSERT_EQ(moves.size(), 2u);
  for (std::size_t i = 0; i < moves.size(); ++i) {
    auto sooner = moves[i].apply(plan);
    ASSERT_EQ(sooner.size(), 1u);
    ASSERT_EQ(sooner[0].faults.size(), plan.faults.size());
    for (std::size_t n = 0; n < plan.faults.size(); ++n)
      EXPECT_EQ(sooner[0].faults[n].at.ns, plan.faults[n].at.ns / (i == 0 ? 4 : 2) / 1000 * 1000);
  }
}

TEST(ShrinkMoves, ComeToAnEnd) {
  auto plan = counting::plan_of_seed(6);
  const auto& scenario = counting::scenario();
  // Whatever fails, each move is towards something simpler, so that none can be made for ever.
  for (int round = 0; round < 200; ++round) {
    auto before = plan;
    for (const auto& moves :
         {simplest_settings(scenario, plan, Grain::fine), simpler_settings(scenario, plan), all_faults_earlier(),
          earlier_faults(plan), weaker_faults(plan), earlier_end(scenario, Instant{} + seconds(3), seconds(9))})
      for (const auto& move : moves)
        if (auto simpler = move.apply(plan); !simpler.empty() && scenario.check(scenario, simpler.back()))
          plan = simpler.back();
    if (plan == before) return;
  }
  ADD_FAILURE() << plan_to_json(plan, scenario.terms);
}

}  // namespace
}  // namespace fulmar
