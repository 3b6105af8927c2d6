#include "faults/plan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "faults/calm.h"
#include "faults/kinds.h"
#include "faults/planner.h"

namespace fulmar {
namespace {

constexpr FaultKind of_my_own{.name = "of_my_own", .number = 7001, .begin = [](Injector&, const Fault&) {}};

// The kinds of any world, and one that only these plans have.
const FaultKinds& kinds() {
  static constexpr const FaultKind* own[] = {&of_my_own};
  static const FaultKinds all{faults::of_any_world(), own};
  return all;
}

constexpr Setting servers{"servers", 1, 9};

// As many servers and users as in the settings.
std::vector<std::string> names(const Plan& plan) {
  std::vector<std::string> all;
  for (std::int64_t i = 1; i <= plan.setting_or(servers, 1); ++i) all.push_back("server" + std::to_string(i));
  all.emplace_back("user");
  return all;
}

constexpr PlanTerms terms{kinds, names};

// Every kind, in some of the lives.
const std::vector<FaultShape>& shapes() {
  static const auto all = [] {
    std::vector<FaultShape> made;
    for (const auto& [number, kind] : kinds().by_number()) made.push_back({kind, 50, 6, 100, 8000, 0, 2});
    return made;
  }();
  return all;
}

FaultWindow window() {
  return {Instant{} + seconds(2), Instant{} + seconds(60), {1, 3}};
}

TEST(Plan, SurvivesBeingWrittenDown) {
  Plan plan{"s", 7, {{"servers", 2}, {"shards", 3}}, plan_faults(Random(7), window(), shapes())};
  auto again = plan_from_json(plan_to_json(plan, terms), terms);
  ASSERT_TRUE(again.has_value()) << to_string(again.error());
  EXPECT_EQ(again->scenario, plan.scenario);
  EXPECT_EQ(again->seed, plan.seed);
  EXPECT_EQ(again->settings, plan.settings);
  EXPECT_EQ(again->faults, plan.faults);
}

TEST(Plan, IsTheSameLifeWithoutBranchesAndAnotherWithOne) {
  Plan plan{"s", 7, {}, {}};
  EXPECT_EQ(life_seed(plan), 7u);
  plan.branches = {{0, 1}};
  EXPECT_NE(life_seed(plan), 7u);
  EXPECT_EQ(plan_from_json(plan_to_json(plan, terms), terms), plan);
  auto with = [](const char* branches) {
    auto text = std::string(R"({"scenario":"s","seed":1,"settings":{},"faults":[],"branches":)") + branches + "}";
    auto read = plan_from_json(text, terms);
    return read ? "" : read.error().detail;
  };
  EXPECT_EQ(with("[]"), "");
  EXPECT_EQ(with(R"([{"event":0,"seed":18446744073709551615}])"), "");
  EXPECT_EQ(with("{}"), "the plan: 'branches' must be an array");
  EXPECT_EQ(with(R"([{"event":0}])"), "branch 1 lacks 'seed'");
  EXPECT_EQ(with(R"([{"event":0,"seed":-1}])"), "branch 1: 'seed' must be a whole number that is not negative");
  EXPECT_EQ(with(R"([{"event":0,"seed":1},{"event":3,"seed":2},{"event":4,"seed":2}])"), "");
  EXPECT_EQ(with(R"([{"event":3,"seed":1},{"event":3,"seed":2}])"),
            "branch 2: 'event' must be above that of the branch before it");
  plan.branches = {{3, 1}};
  EXPECT_EQ(life_seed(plan), 7u) << "it begins as the seed's life";
}

TEST(Plan, HasTheSettingsThatItWasGiven) {
  constexpr Setting racks{"racks", 0, 1};
  Plan plan{"s", 7, {}, {}};
  EXPECT_FALSE(plan.has(servers));
  EXPECT_EQ(plan.setting_or(servers, 3), 3);
  plan.set(servers, 5);
  plan.set(servers, 9);
  EXPECT_TRUE(plan.has(servers));
  EXPECT_EQ(plan.setting(servers), 9);
  EXPECT_EQ(plan.setting_or(servers, 3), 9);
  EXPECT_FALSE(plan.has(racks));
  EXPECT_EQ(plan.settings.at("servers"), 9);
}

std::string complaint(const std::string& settings, const std::string& fault) {
  auto plan =
      plan_from_json(R"({"scenario":"s","seed":1,"settings":{)" + settings + R"(},"faults":[)" + fault + "]}", terms);
  return plan ? "" : plan.error().detail;
}

std::string fault_with(const std::string& kind, const std::string& target, const std::string& at = "5") {
  return R"({"kind":")" + kind + R"(","at_us":)" + at + R"(,"duration_us":1,"target":)" + target +
         R"(,"peer":0,"amount":0})";
}

TEST(Plan, NamesNodesAsTheTraceDoes) {
  Fault fault{&faults::cut, {}, {}, 1, 2, 0};
  Plan plan{"s", 7, {{"servers", 2}}, {fault}};
  EXPECT_NE(plan_to_json(plan, terms).find("\"target\": \"server2\""), std::string::npos);
  EXPECT_EQ(plan_from_json(plan_to_json(plan, terms), terms)->faults, plan.faults);
  EXPECT_EQ(to_string(plan.faults[0], names(plan)), "at 0 ms cut server2 peer user amount 0 for 0 ms");
}

TEST(Plan, HasTheKindsThatItsScenarioAdds) {
  Plan plan{"s", 7, {}, {{&of_my_own, {}, {}, 0, 0, 3}}};
  EXPECT_EQ(plan_from_json(plan_to_json(plan, terms), terms)->faults, plan.faults);
  constexpr PlanTerms without{[]() -> const FaultKinds& {
                                static const FaultKinds all{faults::of_any_world()};
                                return all;
                              },
                              names};
  EXPECT_EQ(plan_from_json(plan_to_json(plan, terms), without).error().detail,
            "fault 1: 'kind' is 'of_my_own', which is no kind of fault");
}

TEST(Plan, BadPlansAreRefusedWithAReason) {
  for (auto text : {"", "{", "[]", "{\"scenario\": 1}", "7", "null", R"({"seed": 1e999})",
                    R"({"scenario":"s","seed":-1,"settings":{},"faults":[]})",
                    R"({"scenario":"s","seed":1,"settings":[],"faults":[]})",
                    R"({"scenario":"s","seed":1,"settings":{},"faults":{}})"})
    EXPECT_FALSE(plan_from_json(text, terms).has_value()) << text;
  EXPECT_EQ(complaint(R"("servers":3)", fault_with("kill", "2")), "");
  EXPECT_EQ(complaint(R"("servers":3)", fault_with("kill", "\"server3\"")), "");
  EXPECT_EQ(complaint("", fault_with("kil", "0")),
            "fault 1: 'kind' is 'kil', which is no kind of fault; did you mean kill?");
  EXPECT_EQ(complaint(R"("servers":3)", fault_with("kill", "9")),
            "fault 1: 'target' must be a whole number from 0 to 3, not 9");
  EXPECT_EQ(complaint(R"("servers":3)", fault_with("kill", "\"servr2\"")),
            "fault 1: 'target' is 'servr2', and the plan has no such node; did you mean server2?");
  EXPECT_NE(complaint("", fault_with("kill", "0", "-1")), "");
  EXPECT_NE(complaint("", fault_with("kill", "0", "1.5")), "");
  EXPECT_NE(complaint("", fault_with("kill", "0", "99999999999999999999")), "");
  EXPECT_NE(complaint("", fault_with("kill", "0", "\"soon\"")), "");
  EXPECT_EQ(complaint(R"("servers":"three")", ""), "setting 'servers' must be a whole number, not \"three\"");
  EXPECT_EQ(complaint("", R"({"kind":"kill","at_us":5,"durations_us":1,"target":0,"peer":0,"amount":0})"),
            "fault 1 has no member 'durations_us'; did you mean duration_us?");
  EXPECT_EQ(complaint("", R"({"kind":"kill","at_us":5,"target":0,"peer":0,"amount":0})"),
            "fault 1 lacks 'duration_us'");
  EXPECT_EQ(complaint("", fault_with("kill", "0", "86400000001")),
            "fault 1: 'at_us' must be a whole number from 0 to 86400000000, not 86400000001");
  EXPECT_EQ(complaint(R"("servers":3,"servers":5)", ""), "it has 'servers' twice in one object");
  EXPECT_EQ(complaint("", R"({"kind":"kill","kind":"stop"})"), "it has 'kind' twice in one object");
  EXPECT_EQ(complaint("", fault_with("kill", "0") + "," + fault_with("kill", "0")), "");
  EXPECT_EQ(plan_from_json(R"({"scenario":"s","scenario":"t"})", terms).error().detail,
            "it has 'scenario' twice in one object");
}

TEST(Planner, KeepsFaultsInsideTheWindowAndInOrder) {
  std::set<const FaultKind*> seen;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    auto faults = plan_faults(Random(seed), window(), shapes());
    EXPECT_TRUE(std::is_sorted(faults.begin(), faults.end(), [](auto& a, auto& b) { return a.at < b.at; }));
    for (const auto& fault : faults) {
      seen.insert(fault.kind);
      EXPECT_GE(fault.at, window().begin);
      EXPECT_LE(fault.at + fault.duration, window().end);
      EXPECT_EQ(fault.target, 0u);
      EXPECT_TRUE(fault.peer >= 1 && fault.peer < 3);
    }
  }
  EXPECT_EQ(seen.size() + 1, shapes().size()) << "every kind comes up but one";
  EXPECT_FALSE(seen.contains(&faults::wipe)) << "nobody's disk may lose what it promised";
}

// By every kind, plans have as many faults of each kind on average as by swarms, but seldom lack a kind.
TEST(Planner, DrawsEveryKindAsOften) {
  struct Seen {
    double faults = 0, lives = 0;
  };
  constexpr int lives = 4000;
  auto count = [&](FaultDraw draw) {
    std::map<const FaultKind*, Seen> seen;
    for (std::uint64_t seed = 0; seed < lives; ++seed) {
      std::set<const FaultKind*> kinds;
      for (const auto& fault : plan_faults(Random(seed), window(), shapes(), draw)) {
        ++seen[fault.kind].faults;
        kinds.insert(fault.kind);
      }
      for (const auto* kind : kinds) ++seen[kind].lives;
    }
    return seen;
  };
  auto swarm = count(FaultDraw::swarm), every = count(FaultDraw::every_kind);
  EXPECT_EQ(swarm.size(), every.size());
  for (const auto& [kind, seen] : swarm) {
    EXPECT_NEAR(every[kind].faults / seen.faults, 1, 0.15) << kind->name;
    EXPECT_GE(every[kind].lives, 0.9 * seen.lives) << kind->name;
  }
}

// Whatever the seed, a majority of every partition's replicas keeps what it acknowledged.
TEST(Planner, TakesPromisesFromAMinorityOnly) {
  std::set<const FaultKind*> seen;
  for (std::size_t victims_max : {1, 2}) {
    FaultWindow cluster{Instant{} + seconds(2), Instant{} + seconds(60), {5, 8}, victims_max};
    std::size_t most = 0;
    for (std::uint64_t seed = 0; seed < 500; ++seed) {
      auto faults = plan_faults(Random(seed), cluster, shapes());
      most = std::max(most, victims(faults).size());
      for (const auto& fault : faults) {
        seen.insert(fault.kind);
        EXPECT_NE(fault.target, fault.peer);
      }
    }
    EXPECT_EQ(most, victims_max);
  }
  EXPECT_TRUE(seen.contains(&faults::wipe));
}

// Whatever the seed, no fault disturbs the calm's core while it lasts, and many affect the others.
TEST(Calm, LeavesAMajorityAlone) {
  FaultWindow cluster{Instant{} + seconds(8), Instant{} + seconds(60), {3, 5}, 1};
  std::size_t calms = 0, against_the_rest = 0;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    Plan plan;
    plan.faults = plan_faults(Random(seed), cluster, shapes());
    auto before = plan.faults;
    choose_calm(Random(seed).split("calm"), cluster, 1, plan);
    auto calm = calm_of(plan);
    if (!calm) {
      EXPECT_EQ(plan.faults, before);
      continue;
    }
    ++calms;
    EXPECT_EQ(calm->rest.size(), 1u);
    EXPECT_GE(calm->begin, cluster.begin);
    EXPECT_LE(calm->end, cluster.end);
    auto rest = *calm->rest.begin();
    for (const auto& fault : plan.faults) {
      if (fault.at > calm->end || fault.at + fault.duration < calm->begin) continue;
      ++against_the_rest;
      auto side = [&](std::size_t node) { return fault.amount >> node & 1; };
      if (fault.kind == &faults::split) {
        for (std::size_t a = 0; a < cluster.nodes.all; ++a)
          for (std::size_t b = 0; b < cluster.nodes.all; ++b) EXPECT_TRUE(a == rest || b == rest || side(a) == side(b));
      } else if (fault.kind != &faults::bridge && fault.kind != &faults::ring) {
        EXPECT_TRUE(fault.target == rest || fault.peer == rest) << to_string(fault, {});
      }
    }
  }
  EXPECT_GT(calms, 100u);
  EXPECT_GT(against_the_rest, 100u);
}

}  // namespace
}  // namespace fulmar
