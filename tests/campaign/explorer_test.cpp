// What a guided campaign plays.
#include "campaign/explorer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <functional>

#include "campaign/follow.h"
#include "campaign/life_marks.h"
#include "runtime/base/mark.h"
#include "runtime/fiber/group.h"
#include "runtime/host/clock.h"
#include "runtime/host/host.h"
#include "sim/world.h"
#include "tests/campaign/counting.h"
#include "tests/campaign/tiny_simulator.h"

namespace fulmar {
namespace {

using testing::HasSubstr;
using tiny::query;

LifeResult life_with(std::map<std::string, std::uint64_t> sightings) {
  LifeResult life;
  life.sightings = std::move(sightings);
  return life;
}

// Plays `count` plays one after the other; `reaches` says which marks each has. Returns what was chosen: fresh plans
// have no origin.
std::vector<Explorer::Child> explore(
    Explorer& explorer, std::uint64_t count,
    const std::function<std::map<std::string, std::uint64_t>(std::uint64_t number)>& reaches) {
  std::vector<Explorer::Child> all;
  for (std::uint64_t number = 0; number < count; ++number) {
    EXPECT_TRUE(explorer.ready());
    auto child = explorer.next();
    all.push_back(child.value_or(Explorer::Child{counting::plan_of_seed(number), ""}));
    auto life = life_with(reaches(number));
    explorer.ended(number, all.back().plan, &life);
  }
  return all;
}

std::size_t children_in(const std::vector<Explorer::Child>& plays) {
  return static_cast<std::size_t>(std::ranges::count_if(plays, [](const auto& play) { return !play.origin.empty(); }));
}

TEST(Explorer, ForksWhereAMarkWasSightedFirstAndBreedsItsPlan) {
  Explorer explorer(counting::scenario(), {}, 1);
  auto plays = explore(explorer, 60, [](std::uint64_t number) {
    std::map<std::string, std::uint64_t> marks{{"common", 5}};
    if (number == 20) marks.emplace("rare", 777);
    return marks;
  });
  std::size_t forks = 0, bred = 0;
  for (std::size_t number = 0; number < plays.size(); ++number) {
    const auto& [plan, origin] = plays[number];
    if (origin.empty()) continue;
    EXPECT_GT(number, 20u);
    EXPECT_THAT(origin, HasSubstr("play 20, "));
    EXPECT_THAT(origin, HasSubstr("\"rare\""));
    if (plan.branches.empty()) {
      ++bred;
      EXPECT_NE(plan, plays[20].plan);
      continue;
    }
    ++forks;
    ASSERT_EQ(plan.branches.size(), 1u);
    EXPECT_EQ(plan.branches[0].event, 777u);
    EXPECT_EQ(plan.faults, plays[20].plan.faults);
  }
  EXPECT_EQ(forks, Explorer::forks_of_a_mark);
  EXPECT_EQ(bred, Explorer::changes_of_a_plan);
}

TEST(Explorer, ForksOnceMoreForAPairOfRareMarks) {
  Explorer explorer(counting::scenario(), {}, 1);
  auto plays = explore(explorer, 100, [](std::uint64_t number) -> std::map<std::string, std::uint64_t> {
    if (number == 20) return {{"one", 100}};
    if (number == 21) return {{"other", 200}};
    if (number == 40) return {{"one", 300}, {"other", 400}};
    return {};
  });
  auto of_pair = std::ranges::count_if(plays, [](const auto& play) {
    return play.origin.find("\"one\" and \"other\"") != std::string::npos && play.plan.branches.back().event == 400;
  });
  EXPECT_EQ(of_pair, static_cast<std::ptrdiff_t>(Explorer::forks_of_a_pair));
}

TEST(Explorer, AtMostEverySecondPlayIsAChild) {
  Explorer explorer(counting::scenario(), {}, 1);
  auto plays = explore(explorer, 200, [](std::uint64_t number) {
    return std::map<std::string, std::uint64_t>{{"mark " + std::to_string(number), number + 1}};
  });
  auto children = children_in(plays);
  EXPECT_LE(children, 100u);
  EXPECT_GT(children, 80u);
}

TEST(Explorer, FollowsNothingThatIsCommon) {
  Explorer explorer(counting::scenario(), {}, 1);
  auto plays = explore(explorer, 100, [](std::uint64_t) {
    return std::map<std::string, std::uint64_t>{{"common", 5}, {"as common", 6}};
  });
  EXPECT_EQ(children_in(plays), 0u);
}

TEST(Explorer, TheSameWhateverEndsFirst) {
  auto reaches = [](std::uint64_t number) {
    return std::map<std::string, std::uint64_t>{{"mark " + std::to_string(number / 3), number + 1}};
  };
  Explorer in_order(counting::scenario(), {}, 1), shuffled(counting::scenario(), {}, 1);
  // The plans of fresh plays are of their seeds, as above. All that may be under way at once end in another order.
  std::vector<std::string> first, second;
  for (const auto& play : explore(in_order, 128, reaches)) first.push_back(play.origin);
  Random random(3);
  std::map<std::uint64_t, Plan> under_way;
  for (std::uint64_t number = 0; number < 128;) {
    if (shuffled.ready() && (under_way.empty() || random.chance(2, 3))) {
      auto child = shuffled.next();
      second.push_back(child ? child->origin : "");
      under_way[number] = child ? child->plan : counting::plan_of_seed(number);
      ++number;
      continue;
    }
    auto any = std::next(under_way.begin(), static_cast<std::ptrdiff_t>(random.below(under_way.size())));
    auto life = life_with(reaches(any->first));
    shuffled.ended(any->first, any->second, &life);
    under_way.erase(any);
  }
  EXPECT_EQ(first, second);
}

TEST(Explorer, WaitsForWhatThePlayDependsOn) {
  Explorer explorer(counting::scenario(), {}, 1);
  for (std::uint64_t number = 0; number < Explorer::lag; ++number) {
    ASSERT_TRUE(explorer.ready());
    EXPECT_FALSE(explorer.next());
  }
  EXPECT_FALSE(explorer.ready());
  explorer.ended(1, {}, nullptr);
  EXPECT_FALSE(explorer.ready());
  explorer.ended(0, {}, nullptr);
  EXPECT_TRUE(explorer.ready());
}

std::size_t differences(const Plan& one, const Plan& other) {
  std::size_t count = 0;
  for (const auto& [name, value] : one.settings) count += other.settings.at(name) != value;
  auto misses = [](const std::vector<Fault>& of, const std::vector<Fault>& in) {
    return static_cast<std::size_t>(
        std::ranges::count_if(of, [&](const Fault& fault) { return std::ranges::find(in, fault) == in.end(); }));
  };
  return count + std::max(misses(one.faults, other.faults), misses(other.faults, one.faults));
}

TEST(Breeding, ChangesOneThingAndWhatItMakesCanBePlayed) {
  const auto& scenario = counting::scenario();
  std::set<std::string> kinds;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    auto parent = counting::plan_of_seed(seed);
    auto bred = breed(scenario, parent, {}, Random(seed));
    ASSERT_TRUE(bred) << seed;
    EXPECT_EQ(differences(parent, bred->plan), 1u) << seed << ": " << bred->change;
    EXPECT_TRUE(scenario.check(scenario, bred->plan)) << seed;
    EXPECT_EQ(breed(scenario, parent, {}, Random(seed))->plan, bred->plan) << seed;
    auto what = bred->change.find('=') != std::string::npos ? "set" : bred->change.substr(bred->change.rfind(' ') + 1);
    kinds.insert(what);
  }
  EXPECT_THAT(kinds, testing::UnorderedElementsAre("set", "removed", "moved", "node", "amount", "added"));
}

TEST(Breeding, WhatWasChosenForAllPlansStays) {
  PlanChoice choice;
  choice.settings["pace_ms"] = 7;
  choice.faults = {{"pause"}};
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    auto bred = breed(counting::scenario(), plan_of(counting::scenario(), seed, choice), choice, Random(seed));
    if (!bred) continue;  // it may have had no fault
    EXPECT_EQ(bred->plan.settings.at("pace_ms"), 7);
    for (const auto& fault : bred->plan.faults) EXPECT_EQ(fault.kind->name, "pause");
  }
}

// A life that fails if one of two fibers, which wake at the same instants, is first twelve times: one in 4,096.
LifeResult climb(const Plan& plan, const LifeOptions& options) {
  LifeRecord record;
  World world(life_seed(plan));
  follow(world, plan, options, record);
  int height = 0;
  auto& node = world.add_node("climber");
  node.start(1, [&](Host& host) {
    for (bool up = true; up && height < 12;) {
      std::string order;
      FiberGroup both;
      for (const char* name : {"a", "b"})
        both.spawn(name, [&host, &order, name] {
          host.clock().sleep_for(milliseconds(1));
          order += name;
        });
      both.join();
      up = order == "ab";
      if (!up) break;
      switch (++height) {
        case 2: FULMAR_MARK("ladder: two"); break;
        case 4: FULMAR_MARK("ladder: four"); break;
        case 6: FULMAR_MARK("ladder: six"); break;
        case 8: FULMAR_MARK("ladder: eight"); break;
        case 10: FULMAR_MARK("ladder: ten"); break;
        default: break;
      }
    }
    return 0;
  });
  world.run_until(Instant{} + seconds(1));
  LifeResult life;
  life.trace_hash = world.trace().hash();
  life.events = world.trace().events();
  life.simulated = seconds(1);
  tell_code_marks(world, life);
  if (height >= 12) life.violations.push_back({"nobody climbs", "climbed", "it is up", Instant{}});
  return life;
}

const FaultKinds& no_kinds() {
  static const FaultKinds none{};
  return none;
}

const Scenario ladder{"ladder",
                      "a ladder of rare marks",
                      [](std::uint64_t seed) { return Plan{"ladder", seed, {}, {}}; },
                      climb,
                      {no_kinds, [](const Plan&) { return std::vector<std::string>{"climber"}; }},
                      [](const Scenario&, const Plan&) { return Result<void>(); }};
const Simulator climbers{"ladder-sim", {&ladder, 1}};

TEST(Guided, FindsWhatIsBehindRareMarksAndItsCapsuleReplays) {
  auto folder = tiny::fresh_file("guided-capsules");
  auto swarm = run(climbers, {"run", "--seeds", "1..600", "--jobs", "1"});
  EXPECT_EQ(swarm.code, 0) << swarm.out;
  auto guided =
      run(climbers, {"run", "--seeds", "1..600", "--jobs", "1", "--strategy", "guided", "--capsules", folder});
  EXPECT_EQ(guided.code, 1) << guided.out;
  EXPECT_THAT(guided.out, HasSubstr(" of a guided campaign: play "));
  auto at = guided.out.find("capsule: ") + 9;
  auto capsule = guided.out.substr(at, guided.out.find('\n', at) - at);
  auto replayed = run(climbers, {"replay", capsule});
  EXPECT_EQ(replayed.code, 1) << replayed.out << replayed.errors;
  EXPECT_THAT(replayed.out, HasSubstr("nobody climbs: climbed"));
  EXPECT_THAT(guided.out, HasSubstr("replay " + capsule));
}

TEST(Guided, TheSameForAnyNumberOfJobs) {
  std::vector<std::string> arguments{"run", "--seeds", "1..400", "--strategy", "guided", "--marks", "--jobs", "1"};
  auto one = run(climbers, arguments);
  arguments.back() = "7";
  auto seven = run(climbers, arguments);
  EXPECT_EQ(one.code, seven.code);
  auto table = [](const Ran& ran) {
    auto at = ran.out.find("     times     lives  mark");
    return ran.out.substr(at, ran.out.find("report:", at) - at);
  };
  EXPECT_EQ(table(one), table(seven));
}

TEST(Guided, WithoutCapsulesTheFindingHasItsPlan) {
  auto guided = run(climbers, {"run", "--seeds", "1..600", "--jobs", "2", "--strategy", "guided"});
  EXPECT_EQ(guided.code, 1);
  EXPECT_THAT(guided.out, HasSubstr("ladder-sim replay FILE"));
  auto at = guided.out.find("its plan, for FILE: ") + 20;
  auto plan = tiny::fresh_file("plan.json");
  std::ofstream(plan) << guided.out.substr(at, guided.out.find('\n', at) - at);
  EXPECT_EQ(run(climbers, {"replay", plan}).code, 1);
}

TEST(Guided, ACampaignThatWasInterruptedGoesOnAsIfItHadNotBeen) {
  auto report = tiny::fresh_file("guided.db");
  run(climbers, {"run", "--seeds", "1..300", "--strategy", "guided", "--report", report});
  const auto* lives =
      "SELECT group_concat(life, '; ') FROM"
      " (SELECT seed || ' ' || hash || CASE failed WHEN 0 THEN '' ELSE ' fails' END AS life FROM lives ORDER BY seed)";
  auto whole = query(report, lives);
  EXPECT_EQ(query(report, "SELECT count(*) || ' of ' || max(seed) FROM lives"), "300 of 300");
  // It ended there, and three lives that had begun before were under way.
  for (const auto* table : {"plans", "settings", "faults", "violations", "operations", "marks"})
    query(report, "DELETE FROM " + std::string(table) +
                      " WHERE life IN (SELECT id FROM lives WHERE seed > 150 OR seed IN (143, 146, 147))");
  query(report, "DELETE FROM lives WHERE seed > 150 OR seed IN (143, 146, 147)");
  EXPECT_NE(query(report, lives), whole);
  query(report, "UPDATE campaigns SET state = 'interrupted'");
  auto ran = run(climbers, {"run", "--resume", "--report", report});
  EXPECT_THAT(ran.errors, testing::IsEmpty());
  EXPECT_THAT(ran.out, HasSubstr("guided"));
  EXPECT_EQ(query(report, lives), whole);
}

TEST(Guided, StrategiesThatAreNoneAreRefused) {
  EXPECT_EQ(run(climbers, {"run", "--seeds", "1..2", "--strategy", "clever"}).code, 2);
  EXPECT_EQ(run(climbers, {"replay", "--scenario", "ladder", "--seed", "1", "--strategy", "guided"}).code, 2);
}

}  // namespace
}  // namespace fulmar
