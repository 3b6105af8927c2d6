// A hand-made life whose happens-before cone is known. Machine `source` tells `middle` once, at two seconds; `middle`
// tells `victim` once, at four, which then logs that it is wrong. `source` goes on and tells `late`, which nobody hears
// of; `stranger` talks to itself only.
#include "campaign/cone.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "campaign/command_line.h"
#include "campaign/follow.h"
#include "campaign/names.h"
#include "campaign/time_limit.h"
#include "faults/injector.h"
#include "faults/kinds.h"
#include "runtime/host/clock.h"
#include "sim/world.h"
#include "tests/campaign/counting.h"
#include "tests/campaign/running.h"
#include "tests/campaign/tiny_simulator.h"

namespace fulmar {
namespace {

constexpr std::uint16_t port = 7;
constexpr Instant wrong_at = Instant{} + seconds(5);
enum Machine : std::size_t { source, middle, victim, late, stranger };

void log_each_second(Host& host, const char* what) {
  for (;;) {
    host.log().info(what);
    host.clock().sleep_for(seconds(1));
  }
}

// Logs what it hears.
void hear(Host& host) {
  auto listener = host.network().listen({"", port}, false).value();
  for (;;) {
    auto connection = listener->accept();
    char buffer[16];
    while (connection && (*connection)->read(buffer).value_or(0) > 0) host.log().info("hears");
  }
}

void tell(Host& host, Machine whom) {
  auto connection = host.network().connect({SimNetwork::address_of(whom), port}, host.clock().deadline_in(seconds(5)));
  if (connection && (*connection)->write(ByteChain(Bytes::copy_of("word")))) host.log().info("has told");
  host.clock().sleep_for(milliseconds(10));
}

ProcessMain main_of(Machine machine) {
  return [machine](Host& host) {
    FiberGroup fibers;
    if (machine != source && machine != stranger) fibers.spawn("hear", [&] { hear(host); });
    if (machine == stranger) fibers.spawn("mutter", [&] { log_each_second(host, "mutters"); });
    if (machine == source || machine == middle) {
      host.clock().sleep_for(seconds(machine == source ? 2 : 4));
      tell(host, machine == source ? middle : victim);
    }
    if (machine == source) {
      host.log().info("goes on alone");
      tell(host, late);
    }
    host.clock().sleep_for(seconds(100));
    return 0;
  };
}

LifeResult play(const Plan& plan, const LifeOptions& options) {
  LifeRecord record;
  World world(life_seed(plan), LogLevel::debug);
  follow(world, plan, options, record);
  for (const char* name : {"source1", "middle1", "victim1", "late1", "stranger1"}) world.add_node(name);
  auto start = [&](std::size_t node) { world.node(node).start(1, main_of(static_cast<Machine>(node))); };
  Injector injector(world, world.node_count(), start);
  injector.inject(plan.faults);
  world.run_until(wrong_at + seconds(1));
  injector.dismiss_supervisor();
  LifeResult result;
  result.trace_hash = world.trace().hash();
  result.events = world.trace().events();
  result.simulated = world.now() - Instant{};
  result.violations.push_back({"truth", "wrong", "what victim 1 knows is wrong", wrong_at});
  return result;
}

std::vector<std::string> node_names(const Plan&) {
  return {"source1", "middle1", "victim1", "late1", "stranger1"};
}
const FaultKinds& kinds() {
  static const FaultKinds all{faults::of_any_world()};
  return all;
}
Plan plan_of_seed(std::uint64_t seed) {
  Plan plan{"hearsay", seed, {}, {}};
  plan.faults = {
      {.kind = &faults::disk_slow, .at = Instant{} + seconds(1), .duration = seconds(9), .target = source, .amount = 2},
      {.kind = &faults::kill, .at = Instant{} + seconds(3), .duration = seconds(1), .target = source},
      {.kind = &faults::pause, .at = Instant{} + seconds(3), .duration = seconds(1), .target = stranger}};
  return plan;
}
const Scenario scenarios[] = {{"hearsay", "what is told", plan_of_seed, play, PlanTerms{kinds, node_names},
                               [](const Scenario&, const Plan&) { return Result<void>(); }}};
const Simulator simulator{"hearsay-sim", scenarios};

Cone cone_of(std::uint64_t seed, int lines = 60) {
  auto plan = plan_of_seed(seed);
  auto violation = scenarios[0].run(plan, {}).violations.front();
  return find_cone(scenarios[0], plan, violation, {.lines = lines, .life_seconds_max = life_seconds_max});
}

bool any_has(const std::vector<std::string>& lines, std::string_view part) {
  return std::ranges::any_of(lines, [&](const std::string& line) { return line.find(part) != std::string::npos; });
}

TEST(Cone, HasWhatReachedTheVictimAndNothingElse) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    auto cone = cone_of(seed);
    EXPECT_EQ(cone.roots, std::vector<std::string>{"victim1"});
    EXPECT_EQ(cone.seen, wrong_at);
    for (const char* part : {"source1/0 INFO main: has told", "middle1/0 INFO main: hears",
                             "middle1/0 INFO main: has told", "victim1/0 INFO main: hears", "source1 starts"})
      EXPECT_TRUE(any_has(cone.account, part)) << part << "\n" << describe(cone);
    for (const char* part : {"goes on alone", "late1 ", "stranger1"})
      EXPECT_FALSE(any_has(cone.account, part)) << part << "\n" << describe(cone);
    EXPECT_TRUE(any_has(cone.left_out, "late1: everything")) << describe(cone);
    EXPECT_TRUE(any_has(cone.left_out, "stranger1: everything")) << describe(cone);
    EXPECT_TRUE(any_has(cone.left_out, "source1: what no message told of, from 2.0")) << describe(cone);
    EXPECT_FALSE(any_has(cone.left_out, "victim1")) << describe(cone);
  }
}

TEST(Cone, FaultsAreInItIfTheyReachedItOrSilencedSomebodyWhoWasHeard) {
  auto cone = cone_of(1);
  EXPECT_TRUE(any_has(cone.account, "disk_slow source1"));
  EXPECT_TRUE(any_has(cone.account, "source1 is killed  (others may have missed its messages)")) << describe(cone);
  EXPECT_TRUE(any_has(cone.left_out, "pause stranger1")) << describe(cone);
  EXPECT_FALSE(any_has(cone.account, "pause stranger1"));
}

TEST(Cone, IsTheSameTwiceAndNoLongerThanAsked) {
  EXPECT_EQ(describe(cone_of(3)), describe(cone_of(3)));
  for (int lines : {1, 2, 5, 10, 1000}) {
    auto cone = cone_of(3, lines);
    EXPECT_LE(cone.account.size(), static_cast<std::size_t>(lines));
    EXPECT_FALSE(cone.account.empty());
    EXPECT_EQ(cone.inside, cone_of(3).inside);
  }
}

TEST(Cone, OfAViolationThatNamesNobodyHasEverything) {
  auto plan = plan_of_seed(1);
  auto cone = find_cone(scenarios[0], plan, {"truth", "wrong", "something is wrong", wrong_at},
                        {.lines = 60, .life_seconds_max = life_seconds_max});
  EXPECT_TRUE(cone.roots.empty());
  EXPECT_EQ(cone.outside, 0u);
  EXPECT_TRUE(cone.left_out.empty());
}

TEST(Cone, OfACrashIsWhatWasToldUntilThen) {
  auto plan = counting::plan_of_seed(3);
  auto lost = counting::scenario().run(plan, {}).violations;
  ASSERT_EQ(lost.size(), 1u);
  counting::version.asserts = true;
  auto cone = find_cone(counting::scenario(), plan, {"the process lives", "crash", "assertion failed", Instant::max()},
                        {.lines = 10, .life_seconds_max = life_seconds_max});
  counting::version = {};
  EXPECT_GE(cone.seen, lost.front().at);
  EXPECT_GT(cone.inside, 100u);
  EXPECT_EQ(cone.outside, 0u);
  EXPECT_FALSE(cone.account.empty());
}

TEST(Cone, IsUnknownIfTheScenarioTellsNothing) {
  auto plan = tiny::unlucky().plan(5);
  auto cone = find_cone(tiny::unlucky(), plan, tiny::unlucky().run(plan, {}).violations.front(),
                        {.lines = 60, .life_seconds_max = life_seconds_max});
  EXPECT_EQ(describe(cone), "unknown: this scenario does not tell what happens in its lives\n");
}

TEST(Cone, IsPartOfWhatExplainPrints) {
  auto said = run(simulator, {"explain", "--scenario", "hearsay", "--seed", "1", "--lines", "9", "--moments", "2",
                              "--futures", "1"});
  EXPECT_EQ(said.code, 0) << said.errors;
  EXPECT_NE(said.out.find("What could have mattered to it:"), std::string::npos) << said.out;
  EXPECT_NE(said.out.find("stranger1: everything"), std::string::npos) << said.out;
  EXPECT_EQ(run(simulator, {"explain", "--scenario", "hearsay", "--seed", "1", "--lines", "0"}).code, 2);
}

TEST(Cone, FindsNamesAndTimesInAViolationsText) {
  EXPECT_TRUE(names("broker 3 leads", "broker3"));
  EXPECT_TRUE(names("so broker3, too", "broker3"));
  EXPECT_FALSE(names("broker 31 leads", "broker3"));
  EXPECT_FALSE(names("a broker", "broker3"));
  EXPECT_FALSE(names("orders-10", "orders-1"));
  EXPECT_TRUE(names("it was orders-1.", "orders-1"));
  EXPECT_FALSE(names("orders-1/partition.metadata", "metadata"));
  EXPECT_EQ(names_in("replica 2 of orders-1 (term 5): it's 7+3, of broker3"),
            (std::vector<std::string>{"broker3", "orders-1"}));
  EXPECT_EQ(names_in("at 12.345678s, after 20ms, 4 records of 8xK-3 were lost"), std::vector<std::string>{"8xK-3"});
  EXPECT_EQ(numbers_in("[15960 ms .. 16.000001s] group x, partition 1: 310 is told, though 323+4 was, at 20-30 of v17"),
            (std::vector<std::string>{"310", "323"}));
  EXPECT_EQ(seen_at({"", "", "asked at 12.345678s, and 3.000000s", Instant{} + seconds(5)}),
            Instant{} + microseconds(12'345'678));
  EXPECT_EQ(seen_at({"", "", "version 1.2", Instant{} + seconds(5)}), Instant{} + seconds(5));
}

// Of clocks by themselves.
Happening at(std::uint64_t number, Happening::Kind kind, Place where, std::uint64_t cause = 0) {
  return {.kind = kind, .number = number, .where = where, .cause = cause};
}

TEST(CausalClocks, FollowMessagesAndWhatHappensToAMachine) {
  using Kind = Happening::Kind;
  CausalClocks clocks;
  Place a{0, 0}, other_of_a{0, 1}, b{1, 0}, c{2, 0};
  clocks.take(at(1, Kind::log, a));
  clocks.take(at(2, Kind::sent, a));
  clocks.take(at(3, Kind::log, other_of_a));
  clocks.take(at(4, Kind::log, a));
  clocks.take(at(5, Kind::log, c));
  clocks.take(at(6, Kind::received, b, 2));
  EXPECT_EQ(clocks.of_place(b), (CausalCut{{a, 2}, {b, 6}}));
  clocks.take(at(7, Kind::process, Place{0}));  // what all shards did before is in the past of what comes
  clocks.take(at(8, Kind::sent, other_of_a));
  clocks.take(at(9, Kind::received, b, 8));
  EXPECT_EQ(clocks.of_place(b), (CausalCut{{a, 4}, {other_of_a, 8}, {Place{0}, 7}, {b, 9}}));
  auto fault = at(10, Kind::fault, Place{2});
  fault.peer = 1;
  clocks.take(fault);
  EXPECT_EQ(clocks.of_place(b).at(Place{2}), 10u);
  EXPECT_FALSE(clocks.of_place(b).contains(c)) << "a fault that a machine shares says nothing of the machine";
  EXPECT_TRUE(holds(clocks.of_place(b), at(4, Kind::log, a)));
  EXPECT_FALSE(holds(clocks.of_place(b), at(11, Kind::log, a)));
}

}  // namespace
}  // namespace fulmar
