// Going to any moment of a life, forward and back.
#include <gtest/gtest.h>

#include <map>

#include "campaign/debug/checkpoints.h"
#include "campaign/debug/debugger.h"
#include "tests/campaign/counting.h"
#include "tests/campaign/running.h"

namespace fulmar {
namespace {

// A plan with many events, whose life fails.
Plan long_plan() {
  auto plan = counting::plan_of_seed(3);
  plan.set(counting::pace_ms, 1);
  return plan;
}

struct Recorded {
  std::map<std::uint64_t, Debugger::Moment> moments;  // every thousandth, and the end
  std::uint64_t events = 0;
  Violations violations;
};

Recorded recorded(const Plan& plan) {
  Recorded all;
  LifeOptions options;
  options.event = [&](std::uint64_t events, Instant at, std::uint64_t hash) {
    if (events % 1000 == 0) all.moments[events] = {events, at, hash, false};
  };
  auto life = counting::scenario().run(plan, options);
  all.events = life.events;
  all.violations = life.violations;
  all.moments[life.events] = {life.events, Instant{} + life.simulated, life.trace_hash, true};
  return all;
}

TEST(Debugger, EachMomentIsTheSameForwardBackAndForwardAgain) {
  auto plan = long_plan();
  auto life = recorded(plan);
  ASSERT_GT(life.events, 100'000u);
  Debugger debugger(counting::scenario(), plan);
  EXPECT_EQ(debugger.now(), life.moments.at(0));
  for (std::uint64_t events : {70'000, 3'000, 69'000, 70'000, 1'000, 0, 95'000, 94'000, 41'000}) {
    debugger.to_event(events);
    EXPECT_EQ(debugger.now(), life.moments.at(events)) << events;
  }
  EXPECT_GE(debugger.checkpoints().all().size(), 4u);
  debugger.to_event(life.events + 1000);
  EXPECT_EQ(debugger.now(), life.moments.at(life.events));
  debugger.to_event(50'000);
  EXPECT_EQ(debugger.now(), life.moments.at(50'000));
}

TEST(Debugger, GoesToTheFirstEventOfATime) {
  auto plan = long_plan();
  Debugger debugger(counting::scenario(), plan);
  for (auto at : {seconds(7), seconds(2), seconds(9), seconds(2)}) {
    debugger.to_time(Instant{} + at);
    auto there = debugger.now();
    EXPECT_GE(there.at, Instant{} + at);
    debugger.to_event(there.events - 1);
    EXPECT_LT(debugger.now().at, Instant{} + at);
    debugger.to_event(there.events);
    EXPECT_EQ(debugger.now(), there);
  }
}

TEST(Debugger, StopsAtTheNextOfAKind) {
  auto plan = long_plan();
  std::vector<Happening> restarts;
  LifeOptions options;
  options.happening = [&](const Happening& happening) {
    if (happening.kind == Happening::Kind::process) restarts.push_back(happening);
  };
  counting::scenario().run(plan, options);
  ASSERT_FALSE(restarts.empty());
  testing::internal::CaptureStdout();
  Debugger debugger(counting::scenario(), plan);
  debugger.to_next("process");
  EXPECT_EQ(debugger.now().events, restarts.front().events);
  debugger.show("stopped_by");
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "0.000000s machine0 starts\n");
  debugger.to_next("fault");
  EXPECT_TRUE(debugger.now().ended) << "this simulator plays no faults";
}

TEST(Debugger, StopsRightBeforeACrashAndGoesBackFromThere) {
  auto plan = long_plan();
  auto life = recorded(plan);
  ASSERT_EQ(life.violations.size(), 1u);
  counting::version.asserts = true;
  Debugger debugger(counting::scenario(), plan);
  debugger.to_event(life.events);
  EXPECT_TRUE(debugger.crashed());
  auto before = debugger.now();
  EXPECT_FALSE(before.ended);
  EXPECT_GE(before.at, life.violations.front().at);
  debugger.to_event(1000);
  EXPECT_EQ(debugger.now(), life.moments.at(1000));
  EXPECT_FALSE(debugger.crashed());
  debugger.to_event(before.events);
  EXPECT_EQ(debugger.now(), before);
  counting::version = {};
}

TEST(Checkpoints, AreBoundedAndThinnerTheFurtherTheyAre) {
  constexpr std::size_t count_max = 10;
  Checkpoints checkpoints(count_max);
  for (std::uint64_t events = 0; events <= 10'000; events += 10) {
    if (auto surplus = checkpoints.surplus(events)) checkpoints.take(*surplus);
    auto slot = checkpoints.free_slot();
    EXPECT_LT(slot, count_max);
    checkpoints.add(events, {.pid = 1, .slot = slot, .at = Instant{static_cast<std::int64_t>(events)}});
    ASSERT_LE(checkpoints.all().size(), count_max);
    ASSERT_EQ(checkpoints.all().begin()->first, 0u);
    ASSERT_EQ(checkpoints.all().rbegin()->first, events);
  }
  // Going back by any distance plays at most about that distance anew.
  for (std::uint64_t back = 100; back <= 10'000; back *= 3) {
    auto target = 10'000 - back;
    EXPECT_LE(target - *checkpoints.latest_until(target), 2 * back + 100) << back;
  }
  EXPECT_EQ(*checkpoints.latest_until(5), 0u);
  EXPECT_EQ(checkpoints.latest_before(Instant{0}), std::nullopt);
  EXPECT_EQ(*checkpoints.latest_before(Instant{1}), 0u);
}

TEST(Debug, CarriesOutCommandsFromAPipe) {
  auto said =
      run(counting::simulator(), {"debug", "--scenario", "counting", "--seed", "3"},
          "to 3s\nnodes\nnode machine1\nmessages\ntrace 2\nback 50\nstep 50\nnext log\nviolation\nhelp\nquit\n");
  EXPECT_EQ(said.code, 0) << said.out << said.errors;
  for (const char* part : {"event 0, 0.000000s, hash ", "machine0 runs, 1 shards, 1 fibers", "counts as number 1",
                           "disk: 0 files are durable as they are", "INFO main: counts", "the count stays: lost"})
    EXPECT_NE(said.out.find(part), std::string::npos) << part << "\n" << said.out;
  // The moment before `back` and after `step` is the same, with its hash.
  auto first = said.out.find("event ", said.out.find("event 0, ") + 1);
  auto moment = said.out.substr(first, said.out.find('\n', first) - first);
  EXPECT_NE(said.out.find(moment, first + 1), std::string::npos) << moment << "\n" << said.out;
  EXPECT_EQ(
      run(counting::simulator(), {"debug", "--scenario", "counting", "--seed", "3"}, "to 3s\ntrace 5\n").out,
      run(counting::simulator(), {"debug", "--scenario", "counting", "--seed", "3"}, "to 3s\ntrace 5\nquit\n").out);
}

TEST(Debug, RefusesWhatItDoesNotKnow) {
  for (const char* command : {"go", "to", "to soon", "to event x", "step -1", "next thing", "trace x", "nodes now"}) {
    auto said =
        run(counting::simulator(), {"debug", "--scenario", "counting", "--seed", "1"}, command + std::string("\n"));
    EXPECT_EQ(said.code, 2) << command << "\n" << said.out;
  }
  EXPECT_EQ(run(counting::simulator(), {"debug"}, "").code, 2);
  EXPECT_EQ(run(counting::simulator(), {"debug", "--scenario", "counting", "--seed", "1", "--jobs", "2"}, "").code, 2);
}

TEST(Debug, ShowsFibersWithTheirStacks) {
  auto said =
      run(counting::simulator(), {"debug", "--scenario", "counting", "--seed", "1"}, "to 2s\nfibers machine0\n");
  if (said.code == 2) GTEST_SKIP() << said.out;
  EXPECT_NE(said.out.find("fiber "), std::string::npos) << said.out;
  EXPECT_NE(said.out.find("fulmar::FiberEntry::loop"), std::string::npos) << said.out;
  EXPECT_EQ(said.out.find("machine1"), std::string::npos) << said.out;
}

TEST(Debug, HandsOverToGdbAtTheViolationAndGoesOnAfterwards) {
  auto said = run(counting::simulator(), {"debug", "--scenario", "counting", "--seed", "3", "--gdb"},
                  "fiber machine1\nquit\nnodes\n");
  if (said.code == 2) GTEST_SKIP() << said.out;
  if (said.errors.find("ptrace: ") != std::string::npos) GTEST_SKIP() << said.errors;
  for (const char* part : {"the count stays: lost", "of machine1, suspended:", "machine1 runs, 1 shards"})
    EXPECT_NE(said.out.find(part), std::string::npos) << part << "\n" << said.out;
}

}  // namespace
}  // namespace fulmar
