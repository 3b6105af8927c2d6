// Lives that crash their process, or never end: what the campaign shows of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "campaign/exit_codes.h"
#include "campaign/replay.h"
#include "campaign/worker.h"
#include "runtime/base/assert.h"
#include "sim/world.h"

namespace fulmar {
namespace {

constexpr std::size_t page_bytes = 4096;

enum class Death { by_assertion, by_access, by_exception, by_overflow, by_loop, by_growth };

// Named in the stack, although it is local to this file; so it must not be inlined.
[[gnu::noinline]] void die_here(Death how) {
  static volatile int* nowhere = nullptr;
  switch (how) {
    case Death::by_assertion: FULMAR_ASSERT(how != Death::by_assertion); break;
    case Death::by_access: *nowhere = 1; break;
    case Death::by_exception: throw std::runtime_error("out of luck");
    case Death::by_overflow: {
      volatile char page[4096];
      page[0] = 1;
      die_here(how);
      page[1] = page[0];
      break;
    }
    case Death::by_loop: {
      volatile bool forever = true;
      while (forever) {
      }
      break;
    }
    case Death::by_growth:
      for (;;) {
        auto* kept = new char[page_bytes];
        *const_cast<volatile char*>(kept) = 1;  // the page is there only once it is touched
      }
  }
}

// A life whose process dies within a fiber, after many lines of trace.
template <Death how>
LifeResult run_dying(const Plan& plan, const LifeOptions& options) {
  World world(plan.seed, LogLevel::debug);
  if (options.trace) world.trace().set_sink(options.trace);
  if (options.happening) world.trace().set_observer(options.happening);
  world.add_node("broker").start(1, [](Host& host) {
    for (int i = 0; i < 5000; ++i) host.log().info("step", {{"number", std::to_string(i)}});
    die_here(how);
    return 0;
  });
  world.run_for(seconds(1));
  return {};
}

const FaultKinds& kinds() {
  static const FaultKinds none({});
  return none;
}

constexpr PlanTerms terms{kinds, [](const Plan&) { return std::vector<std::string>{"broker"}; }};

template <Death how>
Scenario dying() {
  auto plan = [](std::uint64_t seed) { return Plan{"dying", seed, {}, {}}; };
  return {"dying", "", plan, run_dying<how>, terms, nullptr};
}

std::string replayed(const Scenario& scenario,
                     ReplayOptions options = {.program = "some-sim", .plan_file = "", .trace = true}) {
  testing::internal::CaptureStdout();
  EXPECT_EQ(replay(scenario, scenario.plan(7), options), exit_violation);
  std::fflush(stdout);
  return testing::internal::GetCapturedStdout();
}

void expect_trace_and_stack(const std::string& out, const std::string& anomaly = "crash") {
  EXPECT_THAT(out, testing::HasSubstr("number=0\n"));
  EXPECT_THAT(out, testing::HasSubstr("number=4999\n")) << "the trace is whole";
  EXPECT_THAT(out, testing::HasSubstr("seed 7 violates the process lives: " + anomaly));
  EXPECT_THAT(out, testing::HasSubstr("die_here(fulmar::(anonymous namespace)::Death), test_campaign+0x"));
  EXPECT_THAT(out, testing::HasSubstr("replay: some-sim replay --scenario dying --seed 7 --trace"));
}

TEST(Replay, ShowsTraceAndStackOfABrokenAssertion) {
  auto out = replayed(dying<Death::by_assertion>());
  expect_trace_and_stack(out);
  EXPECT_THAT(out, testing::HasSubstr("assertion failed: how != Death::by_assertion"));
  EXPECT_THAT(out, testing::HasSubstr("the process died of signal 6 (Aborted)"));
}

TEST(Replay, ShowsTraceAndStackOfAnUncaughtException) {
  auto out = replayed(dying<Death::by_exception>());
  expect_trace_and_stack(out);
  EXPECT_THAT(out, testing::HasSubstr("out of luck"));
}

#ifndef __SANITIZE_ADDRESS__  // its reports differ
TEST(Replay, ShowsTraceAndStackOfABadAccess) {
  expect_trace_and_stack(replayed(dying<Death::by_access>()));
}

TEST(Replay, ShowsTraceAndStackOfAFiberThatHasNoStackLeft) {
  expect_trace_and_stack(replayed(dying<Death::by_overflow>()));
}
#endif

TEST(Replay, EndsALifeThatHangsAndShowsWhere) {
  auto traced =
      replayed(dying<Death::by_loop>(), {.program = "some-sim", .plan_file = "", .trace = true, .life_seconds_max = 2});
  expect_trace_and_stack(traced, "hang");
  EXPECT_THAT(traced, testing::HasSubstr("the life took more than 2 s of CPU time"));
  auto silent = replayed(dying<Death::by_loop>(),
                         {.program = "some-sim", .plan_file = "", .trace = false, .life_seconds_max = 1});
  EXPECT_THAT(silent, testing::HasSubstr("seed 7 violates the process lives: hang"));
  EXPECT_THAT(silent, testing::HasSubstr("the life took more than 1 s of CPU time"));
}

TEST(Replay, EndsALifeThatTakesTooMuchMemory) {
  auto out = replayed(dying<Death::by_growth>(),
                      {.program = "some-sim", .plan_file = "", .life_bytes_max = std::size_t{400} << 20});
  EXPECT_THAT(out, testing::HasSubstr("seed 7 violates the process lives: memory"));
  EXPECT_THAT(out, testing::HasSubstr("the life took more than 400 MB of memory"));
}

template <Death how>
Violations violations_in_workers(double seconds_max = 1) {
  Violations all;
  auto scenario = dying<how>();
  WorkerLimits limits{.jobs = 1, .life_seconds_max = seconds_max, .life_bytes_max = 400 << 20};
  auto interrupted = run_in_workers(
      limits, lives_of_seeds(scenario, 1, 2),
      [&](const PlayedLife& result) {
        all.insert(all.end(), result.life.violations.begin(), result.life.violations.end());
      },
      [] {});
  EXPECT_EQ(interrupted, 0);
  return all;
}

TEST(Workers, ACrashOrHangOrLackOfMemoryIsAViolationOfItsSeedWithTheStack) {
  auto crashes = violations_in_workers<Death::by_assertion>();
  auto hangs = violations_in_workers<Death::by_loop>();
  EXPECT_EQ(crashes.size(), 2u);
  EXPECT_EQ(hangs.size(), 2u);
  for (const auto& crash : crashes) EXPECT_EQ(crash.anomaly, "crash");
  for (const auto& hang : hangs) EXPECT_EQ(hang.anomaly, "hang");
  auto growths = violations_in_workers<Death::by_growth>(100);
  EXPECT_EQ(growths.size(), 2u);
  for (const auto& growth : growths) {
    EXPECT_EQ(growth.anomaly, "memory");
    EXPECT_THAT(growth.text, testing::HasSubstr("the life took more than 400 MB of memory"));
  }
  for (const auto* list : {&crashes, &hangs, &growths})
    for (const auto& violation : *list) EXPECT_THAT(violation.text, testing::HasSubstr("die_here("));
}

}  // namespace
}  // namespace fulmar
