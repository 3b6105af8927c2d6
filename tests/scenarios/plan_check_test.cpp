// Hand-written or edited plans: those that can't be played are refused, with one sentence each.
#include "scenarios/plan_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "faults/kinds.h"
#include "scenarios/damage/damage_faults.h"
#include "scenarios/life.h"
#include "scenarios/node_names.h"
#include "scenarios/plan_settings.h"

namespace fulmar {
namespace {

constexpr auto most = std::numeric_limits<std::int64_t>::max();

// A short plan of three brokers and two clients, or of one broker, without anything special.
Plan plain(const char* scenario) {
  auto plan = find_scenario(scenario)->plan(9001);
  for (auto name : {"calm_ms", "calm_from_ms", "calm_rest", "throttled_rate", "catch_up_lag", "replica_lag_ms",
                    "security", "internal_tls", "session_ms", "password_pace_ms"})
    plan.settings.erase(name);
  plan.settings["safety_ms"] = 3000;
  plan.settings["clients"] = 2;
  plan.faults.clear();
  if (std::string_view(scenario) == "single-broker") return plan;
  plan.settings["brokers"] = 3;
  plan.settings["replication_factor"] = 3;
  plan.settings["rest_count"] = 1;
  return plan;
}

std::string complaint(const Plan& plan) {
  const auto& scenario = *find_scenario(plan.scenario);
  auto checked = scenario.check(scenario, plan);
  return checked ? "" : checked.error().detail;
}

std::string complaint(const char* scenario, const std::map<std::string, std::int64_t>& settings) {
  auto plan = plain(scenario);
  for (const auto& [name, value] : settings) plan.settings[name] = value;
  return complaint(plan);
}

Fault fault(const FaultKind& kind, std::int64_t amount, std::size_t target = 0, std::size_t peer = 3) {
  return {&kind, Instant{} + seconds(9), seconds(1), target, peer, amount};
}

std::string complaint(const std::vector<Fault>& faults) {
  auto plan = plain("replication");
  plan.faults = faults;
  return complaint(plan);
}

TEST(PlanCheck, ALifeEndsEarlyOrNot) {
  EXPECT_EQ(complaint("replication", {{"end_ms", 11'000}}), "");
  EXPECT_EQ(complaint("replication", {{"end_ms", 11'001}}),
            "setting 'end_ms' must not be above 11000, when the faults end");
  EXPECT_EQ(complaint("single-broker", {{"end_ms", 5000}}), "");
  EXPECT_NE(complaint("single-broker", {{"end_ms", 5001}}), "");
  EXPECT_NE(complaint("single-broker", {{"end_ms", 0}}), "");
}

TEST(PlanCheck, TakesWhatSeedsMake) {
  for (const auto& scenario : all_scenarios())
    for (std::uint64_t seed = 9001; seed < 9401; ++seed) EXPECT_EQ(complaint(scenario.plan(seed)), "") << seed;
  EXPECT_EQ(complaint(plain("replication")), "");
  EXPECT_EQ(complaint(plain("single-broker")), "");
}

TEST(PlanCheck, WhatSeedsMakeIsTheSameOnceItIsWrittenDown) {
  for (const auto& scenario : all_scenarios())
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
      auto plan = scenario.plan(seed);
      auto read = plan_from_json(plan_to_json(plan, scenario.terms), scenario.terms);
      ASSERT_TRUE(read.has_value()) << to_string(read.error());
      EXPECT_EQ(read->settings, plan.settings) << scenario.name << " " << seed;
      EXPECT_EQ(read->faults, plan.faults) << scenario.name << " " << seed;
    }
}

TEST(PlanCheck, HoldsEverySettingToItsRange) {
  for (const auto& use : setting_uses()) {
    const auto& range = *use.setting;
    for (auto* scenario : {"single-broker", "replication"}) {
      std::string name(range.name);
      auto plan = plain(scenario);
      if (use.of_clusters_only && plan.scenario == "single-broker") {
        plan.settings[name] = range.min;
        EXPECT_THAT(complaint(plan), testing::HasSubstr("scenario single-broker has no setting '" + name + "'"));
        continue;
      }
      for (auto value : {range.min - 1, range.max + 1, -most, most}) {
        plan.settings[name] = value;
        EXPECT_EQ(complaint(plan), "setting '" + name + "' must be from " + std::to_string(range.min) + " to " +
                                       std::to_string(range.max) + ", not " + std::to_string(value));
      }
      plan.settings.erase(name);
      EXPECT_EQ(complaint(plan), use.optional ? "" : "the setting '" + name + "' is missing");
    }
  }
}

TEST(PlanCheck, RefusesSettingsThatMakeNoSense) {
  EXPECT_EQ(complaint("replication", {{"segment_bytes", 0}}),
            "setting 'segment_bytes' must be from 14 to 1073741824, not 0");
  for (const auto& [name, value] :
       std::vector<std::pair<std::string, std::int64_t>>{{"index_interval_bytes", -1},
                                                         {"checkpoint_ms", 0},
                                                         {"shards", -1},
                                                         {"shards", 1'000'000},
                                                         {"clients", 0},
                                                         {"batch_records_max", 0},
                                                         {"value_bytes_max", 0},
                                                         {"producer_pace_ms", -1},
                                                         {"consumer_pace_ms", std::int64_t{1} << 53},
                                                         {"safety_ms", -1}})
    for (auto* scenario : {"single-broker", "replication"})
      EXPECT_THAT(complaint(scenario, {{name, value}}), testing::StartsWith("setting '" + name + "' must be from "));
  EXPECT_THAT(complaint("replication", {{"metadata_snapshot_bytes", 0}}), testing::HasSubstr("must be from 14 to "));
  EXPECT_THAT(complaint("replication", {{"rest", 9}}), testing::HasSubstr("must be from 0 to 3"));
  EXPECT_THAT(complaint("replication", {{"replication_factor", 0}}), testing::HasSubstr("must be from 1 to 15"));
  EXPECT_EQ(complaint("single-broker", {{"shards", 0}}),
            "setting 'shards' must be 1 at least, as there is one broker only");
  EXPECT_EQ(complaint("replication", {{"replication_factor", 5}}),
            "setting 'replication_factor' must not be above 'brokers', which is 3");
  EXPECT_EQ(complaint("replication", {{"rest", 1}, {"rest_count", 2}}),
            "setting 'rest_count' must not be above 1, as a majority of every partition's replicas has to come back");
  EXPECT_EQ(complaint("replication", {{"throttled_rate", 1000}, {"catch_up_lag", 3}}),
            "the setting 'replica_lag_ms' is missing, which 'throttled_rate' needs");
  EXPECT_EQ(complaint("replication", {{"segment_byte", 1}}),
            "scenario replication has no setting 'segment_byte'; did you mean segment_bytes?");
}

TEST(PlanCheck, RefusesSecurityThatDoesNotFit) {
  for (auto* scenario : {"single-broker", "replication", "exactly-once"}) {
    EXPECT_EQ(complaint(scenario, {{"security", 8}, {"session_ms", 2000}, {"password_pace_ms", 500}}), "");
    EXPECT_EQ(complaint(scenario, {{"security", 2}, {"session_ms", 2000}}),
              "setting 'session_ms' needs a 'security' with SASL, from 3 to 8");
    EXPECT_EQ(complaint(scenario, {{"session_ms", 2000}}),
              "setting 'session_ms' needs a 'security' with SASL, from 3 to 8");
    EXPECT_EQ(complaint(scenario, {{"security", 6}, {"password_pace_ms", 500}}),
              "setting 'password_pace_ms' needs a 'security' with SCRAM: 4, 5, 7 or 8");
  }
  EXPECT_EQ(complaint("replication", {{"internal_tls", 1}, {"upgrade_at_ms", 9000}}),
            "settings 'security' and 'internal_tls' can't be with 'upgrade_at_ms', as the release before has none");
}

TEST(PlanCheck, RefusesAWayBackThatDoesNotFollowAnUpgrade) {
  EXPECT_EQ(complaint("metadata", {{"downgrade_at_ms", 9000}}),
            "the setting 'upgrade_at_ms' is missing, which 'downgrade_at_ms' needs");
  EXPECT_EQ(complaint("metadata", {{"upgrade_at_ms", 9000}, {"downgrade_at_ms", 9000}}),
            "setting 'downgrade_at_ms' must be above 'upgrade_at_ms', which is 9000");
}

TEST(PlanCheck, SomeSeedsHaveEachKindOfSecurityAndMostNone) {
  for (const auto& scenario : all_scenarios()) {
    std::map<std::int64_t, int> lives;
    for (std::uint64_t seed = 1; seed <= 2000; ++seed) ++lives[scenario.plan(seed).setting_or(settings::security, -1)];
    EXPECT_GT(lives[-1], 1400) << scenario.name;
    for (std::int64_t kind = 1; kind <= 8; ++kind) EXPECT_GT(lives[kind], 5) << scenario.name << " " << kind;
  }
}

TEST(PlanCheck, HoldsEveryAmountToItsRange) {
  for (const auto& [number, known] : fault_kinds().by_number()) {
    const auto& kind = *known;
    auto [min, max] = kind.amount;
    for (auto amount : {min, max}) EXPECT_EQ(complaint({fault(kind, amount)}), "");
    auto range = "fault 1 (" + std::string(kind.name) + "): its amount must be from ";
    if (min > -most) {
      EXPECT_THAT(complaint({fault(kind, min - 1)}), testing::StartsWith(range));
    }
    if (max < most) {
      EXPECT_THAT(complaint({fault(kind, max + 1)}), testing::StartsWith(range));
    }
  }
  for (const auto* kind : {&faults::flap, &faults::clock_jump, &faults::clock_drift, &faults::latency,
                           &faults::slow_process, &faults::cut_after_transfer, &faults::cut})
    for (auto amount : {most, -most}) EXPECT_NE(complaint({fault(*kind, amount)}), "") << kind->name;
  EXPECT_EQ(complaint({fault(faults::cut, 7)}), "fault 1 (cut): its amount must be from 0 to 2, not 7");
  EXPECT_EQ(complaint({fault(faults::read_errors, -5)}),
            "fault 1 (read_errors): its amount must be from 0 to 1000, not -5");
}

TEST(PlanCheck, RefusesFaultsOfNobodyAndOfTooMany) {
  EXPECT_EQ(complaint({fault(faults::kill, 0, 3)}),
            "fault 1 (kill): its target must be a broker, broker1 to broker3, not client0");
  EXPECT_EQ(complaint({fault(faults::cut, 0, 1, 1)}),
            "fault 1 (cut): its peer must be another node than its target, broker2");
  EXPECT_EQ(complaint({fault(faults::kill, 0, 1, 1)}), "") << "it has nothing to do with its peer";
  auto early = fault(faults::kill, 0);
  early.at = Instant{};
  EXPECT_EQ(complaint({fault(faults::kill, 0), early}), "fault 2 (kill): it begins before the one above it");
  EXPECT_EQ(complaint({fault(faults::wipe, 0, 0), fault(faults::damage, 0, 1)}),
            "damage and wipe may be of 1 of such a life's brokers, not of broker1, broker2, as more than that is not "
            "promised to survive");
  EXPECT_EQ(complaint({fault(faults::wipe, 0, 0), fault(faults::damage, 0, 0)}), "");
  auto single = plain("single-broker");
  single.faults = {fault(faults::wipe, 0, 0, 1)};
  EXPECT_THAT(complaint(single), testing::StartsWith("damage and wipe may be of 0 of such a life's brokers"));
  EXPECT_EQ(complaint(std::vector<Fault>(10'001, fault(faults::kill, 0))), "it must have 10000 faults at most");
}

TEST(NodeNames, AreTheTraces) {
  Plan plan{"replication", 7, {{"brokers", 3}, {"clients", 1}}, {}};
  EXPECT_EQ(node_names(plan), (std::vector<std::string>{"broker1", "broker2", "broker3", "client0", "admin"}));
}

TEST(PlanCheck, RefusesACalmThatIsNone) {
  auto plan = plain("replication");
  plan.settings["calm_from_ms"] = 8000;
  plan.settings["calm_ms"] = 3000;
  EXPECT_EQ(complaint(plan), "the setting 'calm_rest' is missing, which 'calm_ms' needs");
  plan.settings["calm_rest"] = 0;
  EXPECT_EQ(complaint(plan), "");
  plan.settings["calm_rest"] = 2;  // broker2
  EXPECT_EQ(complaint(plan), "");
  plan.faults = {fault(faults::kill, 0, 1)};
  EXPECT_EQ(complaint(plan), "");
  plan.faults = {fault(faults::kill, 0, 2)};
  EXPECT_EQ(complaint(plan), "fault 1 (kill): it disturbs who is to be left alone by the setting 'calm_ms'");
  plan.settings["calm_from_ms"] = 9000;
  EXPECT_EQ(complaint(plan), "the calm must end when the faults do, at 11000 ms");
  plan.settings["calm_from_ms"] = 8000;
  for (auto rest : {3, 8}) {
    plan.settings["calm_rest"] = rest;
    EXPECT_THAT(complaint(plan), testing::StartsWith("setting 'calm_rest' must have 1 bits at most, of brokers"));
  }
}

// Whatever else is in a plan, no accepted value crashes the process that plays it.
TEST(PlanCheck, WhatIsTakenCanBePlayed) {
  for (const auto& use : setting_uses()) {
    const auto& range = *use.setting;
    if (range.name == "safety_ms" || range.name == "producers" || range.name == "clients") continue;  // takes long
    for (auto value : {range.min, range.max}) {
      auto plan = plain(use.of_clusters_only ? "replication" : "single-broker");
      plan.settings["safety_ms"] = 1000;
      plan.settings[std::string(range.name)] = value;
      if (complaint(plan).empty()) find_scenario(plan.scenario)->run(plan, {});
    }
  }
}

TEST(PlanCheck, RecoveryIsMeasuredAfterOneFaultOfAKindThatHasABound) {
  auto changed = [](const std::function<void(Plan&)>& change) {
    auto plan = find_scenario("recovery")->plan(1);
    change(plan);
    return complaint(plan);
  };
  EXPECT_EQ(changed([](Plan& plan) { plan.settings["brokers"] = 5; }), "setting 'brokers' must be 3 in this scenario");
  EXPECT_EQ(changed([](Plan& plan) { plan.settings["members"] = 5; }), "scenario recovery has no setting 'members'");
  EXPECT_EQ(changed([](Plan& plan) { plan.faults.clear(); }),
            "there must be one fault, since recovery from it is measured");
  EXPECT_EQ(changed([](Plan& plan) { plan.faults.front().kind = &faults::clock_drift; }),
            "recovery from fault 'clock_drift' is not measured");
  EXPECT_EQ(changed([](Plan& plan) { plan.faults.front().at = Instant{} + seconds(1); }),
            "the fault must not begin before 25000 ms");
  EXPECT_THAT(changed([](Plan& plan) { plan.faults.front().target = 4; }), testing::HasSubstr("must be a broker"));
}

}  // namespace
}  // namespace fulmar
