// A hand-made life whose moment of no return is known: at ten seconds a machine starts and draws a lot; if it loses,
// the failure is noticed at twenty.
#include <gtest/gtest.h>

#include "campaign/command_line.h"
#include "campaign/follow.h"
#include "campaign/nearest_neighbour.h"
#include "campaign/no_return.h"
#include "campaign/traced_life.h"
#include "faults/kinds.h"
#include "runtime/host/clock.h"
#include "runtime/host/entropy.h"
#include "sim/world.h"
#include "tests/campaign/counting.h"
#include "tests/campaign/running.h"

namespace fulmar {
namespace {

const Setting lots{"lots", 1, 100};  // of which one loses
constexpr Instant drawn_at = Instant{} + seconds(10);
constexpr Instant noticed_at = Instant{} + seconds(20);

// Fault `reset` at ten seconds starts the machine that draws; fault `pause` changes nothing.
LifeResult play(const Plan& plan, const LifeOptions& options) {
  LifeRecord record;
  World world(life_seed(plan), LogLevel::debug);
  follow(world, plan, options, record);
  bool lost = false;
  world.add_node("clock").start(1, [](Host& host) {
    for (;;) {
      host.clock().sleep_for(milliseconds(100));
      host.log().debug("ticks");
    }
    return 0;
  });
  auto& player = world.add_node("player");
  for (const auto& fault : plan.faults)
    if (fault.kind == &faults::reset)
      world.at(fault.at, [&] {
        player.start(1, [&](Host& host) {
          lost = host.entropy().stream().below(static_cast<std::uint64_t>(plan.setting(lots))) == 0;
          return 0;
        });
      });
  world.run_until(noticed_at);
  LifeResult result;
  result.trace_hash = world.trace().hash();
  result.events = world.trace().events();
  result.simulated = world.now() - Instant{};
  if (lost) result.violations.push_back({"the lot", "lost", "it is lost", noticed_at});
  return result;
}

Plan plan_of_seed(std::uint64_t seed) {
  Plan plan{"gamble", seed, {}, {}};
  plan.set(lots, 4);
  Fault pause{.kind = &faults::pause, .at = Instant{} + seconds(3), .duration = seconds(1)};
  Fault reset{.kind = &faults::reset, .at = drawn_at};
  plan.faults = {pause, reset};
  return plan;
}

const FaultKinds& kinds() {
  static const FaultKinds all{faults::of_any_world()};
  return all;
}
std::vector<std::string> node_names(const Plan&) {
  return {"clock", "player"};
}
Result<void> check(const Scenario&, const Plan&) {
  return {};
}

const Scenario scenarios[] = {{"gamble", "a lot is drawn", plan_of_seed, play, PlanTerms{kinds, node_names}, check}};
const Simulator simulator{"gamble-sim", scenarios};
const Signature lost{"the lot", "lost"};

std::uint64_t losing_seed() {
  for (std::uint64_t seed = 1;; ++seed)
    if (!play(plan_of_seed(seed), {}).violations.empty()) return seed;
}

TEST(TracedLife, HasAllLinesUntilACrash) {
  auto plan = counting::plan_of_seed(3);
  auto lost = counting::scenario().run(plan, {}).violations;
  ASSERT_EQ(lost.size(), 1u);
  counting::version.asserts = true;
  TracedLife life(counting::scenario(), plan, life_seconds_max);
  std::optional<TracedLine> last;
  while (auto line = life.next()) last = line;
  counting::version = {};
  ASSERT_TRUE(last);
  EXPECT_GE(last->at, lost.front().at);
}

TEST(NoReturn, IsWhereTheLotIsDrawn) {
  NoReturnOptions options{.moments = 8, .futures = 20, .limits = {.jobs = 2}};
  auto found = find_no_return(scenarios[0], plan_of_seed(losing_seed()), lost, noticed_at, options, [](auto) {});
  ASSERT_GE(found.curve.size(), 10u);
  for (const auto& moment : found.curve) {
    EXPECT_EQ(moment.share.lives, 20u);
    if (moment.at > drawn_at) {
      EXPECT_EQ(moment.share.failed, 20u) << to_string(moment.at);
    } else if (moment.at < drawn_at) {
      EXPECT_LT(moment.share.failed, 13u) << to_string(moment.at);
    }
  }
  EXPECT_LE(found.curve[found.steepest].at, drawn_at);
  ASSERT_LT(found.steepest + 1, found.curve.size());
  EXPECT_GE(found.curve[found.steepest + 1].at, drawn_at);
  bool told = false;
  for (const auto& event : found.events) told = told || event.find("player starts") != std::string::npos;
  EXPECT_TRUE(told) << describe(found);
}

TEST(NoReturn, FuturesOfABranchedLifePartAfterItsBranches) {
  auto plan = plan_of_seed(losing_seed());
  NoReturnOptions options{.moments = 8, .futures = 2, .limits = {.jobs = 2}};
  auto before = find_no_return(scenarios[0], plan, lost, noticed_at, options, [](auto) {});
  plan.branches = {{before.last_event / 4, 1}};
  auto found = find_no_return(scenarios[0], plan, lost, noticed_at, options, [](auto) {});
  ASSERT_FALSE(found.curve.empty());
  EXPECT_GT(found.curve.front().event, plan.branches.back().event);
}

TEST(NearestNeighbour, LacksTheFaultThatMatters) {
  auto search = find_nearest_neighbour(scenarios[0], plan_of_seed(losing_seed()), lost, {.jobs = 2});
  ASSERT_TRUE(search.nearest);
  EXPECT_NE(search.nearest->without.find("reset"), std::string::npos) << search.nearest->without;
  EXPECT_EQ(search.nearest->verdict, "is clean");
  EXPECT_GT(search.nearest->same_lines, 0u);
  ASSERT_FALSE(search.nearest->failing.empty());
  EXPECT_NE(search.nearest->failing.front(), search.nearest->passing.front());
}

TEST(Explain, SaysTheSameTwice) {
  const std::vector<std::string> arguments = {
      "explain", "--scenario", "gamble", "--seed", std::to_string(losing_seed()), "--moments", "4", "--futures", "3"};
  auto first = run(simulator, arguments);
  auto second = run(simulator, arguments);
  EXPECT_EQ(first.code, 0) << first.errors;
  EXPECT_EQ(first.out, second.out);
  for (const char* part : {"the lot: lost, at 20", "without fault", "the share rises most here", "player starts"})
    EXPECT_NE(first.out.find(part), std::string::npos) << part << "\n" << first.out;
}

TEST(Explain, RefusesALifeThatIsClean) {
  auto seed = losing_seed() + 1;
  while (!play(plan_of_seed(seed), {}).violations.empty()) ++seed;
  auto said = run(simulator, {"explain", "--scenario", "gamble", "--seed", std::to_string(seed)});
  EXPECT_EQ(said.code, 2);
  EXPECT_NE(said.errors.find("the life is clean"), std::string::npos);
}

}  // namespace
}  // namespace fulmar
