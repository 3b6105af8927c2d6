#include "scenarios/serve/served_plan.h"

#include <algorithm>
#include <string>

#include "runtime/base/did_you_mean.h"
#include "scenarios/cluster_life.h"
#include "scenarios/damage/damage_faults.h"
#include "scenarios/fault_mixes.h"
#include "scenarios/node_names.h"
#include "scenarios/plan_settings.h"

namespace fulmar {

namespace {

struct ServedSetting {
  const Setting* setting;
  bool is_kept;           // of those that the seed chooses; else it is there only if it was chosen
  bool is_needed = true;  // no session can be played without it
};

constexpr ServedSetting served_settings[] = {
    {&settings::brokers, true},
    {&settings::checkpoint_ms, true},
    {&settings::clients, true},
    {&settings::index_interval_bytes, true},
    {&settings::metadata_segment_bytes, true},
    {&settings::metadata_snapshot_bytes, true},
    {&settings::racks, true},
    {&settings::replication_factor, true},
    {&settings::reshard, true},
    {&settings::retention_check_ms, true},
    {&settings::safety_ms, true},  // the length of a window of faults
    {&settings::segment_bytes, true},
    {&settings::shards, true},
    {&settings::producer_id_block, true, false},
    {&settings::replica_lag_ms, true, false},
    {&settings::catch_up_lag, false, false},
    {&settings::cleanable_percent, false, false},
    {&settings::cleaner_backoff_ms, false, false},
    {&settings::delete_retention_ms, false, false},
    {&settings::group_segment_bytes, false, false},
    {&settings::group_size_max, false, false},
    {&settings::throttled_rate, false, false},
    {&settings::work_factor, false, false},
};

// A segment takes a few of the largest batches that clients send by default.
constexpr std::int64_t segment_bytes_min = 4 << 20;

std::unexpected<Error> wrong(std::string sentence) {
  return fail(Errc::invalid_argument, std::move(sentence));
}

const ServedSetting* find_served(std::string_view name) {
  const auto* found = std::ranges::find_if(served_settings, [&](const auto& one) { return one.setting->name == name; });
  return found == std::end(served_settings) ? nullptr : found;
}

std::vector<std::string_view> choosable_names() {
  std::vector<std::string_view> names;
  for (const auto& one : served_settings)
    if (one.setting != &settings::clients) names.push_back(one.setting->name);
  return names;
}

std::vector<const Setting*> all_served_settings() {
  std::vector<const Setting*> all;
  for (const auto& one : served_settings) all.push_back(one.setting);
  return all;
}

Result<void> check_scenario(std::string_view scenario) {
  auto names = served_scenarios();
  if (std::ranges::find(names, scenario) != names.end()) return {};
  return wrong("serve has no scenario '" + std::string(scenario) + "'" + did_you_mean(scenario, names));
}

}  // namespace

std::vector<std::string_view> served_scenarios() {
  std::vector<std::string_view> names;
  for (const auto& mix : fault_mixes()) names.push_back(mix.scenario);
  return names;
}

const PlanTerms& served_terms() {
  static constexpr PlanTerms terms{fault_kinds, node_names, all_served_settings};
  return terms;
}

Result<Plan> served_plan(std::string_view scenario, std::uint64_t seed, const PlanChoice& choice) {
  FULMAR_TRY_VOID(check_scenario(scenario));
  Plan drawn;
  drawn.scenario = scenario;
  drawn.seed = seed;
  choose_cluster_settings(Random(seed).split(scenario).split("settings"), drawn);
  Plan plan;
  plan.scenario = drawn.scenario;
  plan.seed = drawn.seed;
  for (const auto& [setting, is_kept, is_needed] : served_settings)
    if (is_kept && drawn.has(*setting)) plan.set(*setting, drawn.setting(*setting));
  plan.set(settings::clients, 1);
  plan.set(settings::segment_bytes, std::max(plan.setting(settings::segment_bytes), segment_bytes_min));
  if (scenario == "single-broker") {
    plan.set(settings::brokers, 1);
    plan.set(settings::replication_factor, 1);
  }
  if (scenario == "churn") {
    plan.set(settings::brokers, 5);
    plan.set(settings::replication_factor, 3);
  }
  for (const auto& [name, value] : choice.settings) {
    auto names = choosable_names();
    if (std::ranges::find(names, name) == names.end())
      return wrong("serve has no setting '" + name + "'" + did_you_mean(name, names));
    plan.settings.insert_or_assign(name, value);
  }
  const auto& kinds = fault_kinds();
  if (choice.faults)
    for (const auto& kind : *choice.faults)
      if (!kinds.find(kind)) return wrong("there is no kind of fault " + kind + did_you_mean(kind, kinds.names()));
  FULMAR_TRY_VOID(check_served_plan(plan));
  return plan;
}

Result<void> check_served_plan(const Plan& plan) {
  FULMAR_TRY_VOID(check_scenario(plan.scenario));
  for (const auto& [setting, is_kept, is_needed] : served_settings) {
    if (!plan.has(*setting)) {
      if (is_needed) return wrong("the setting '" + std::string(setting->name) + "' is missing");
      continue;
    }
    auto value = plan.setting(*setting);
    if (value < setting->min || value > setting->max)
      return wrong("setting '" + std::string(setting->name) + "' must be from " + std::to_string(setting->min) +
                   " to " + std::to_string(setting->max) + ", not " + std::to_string(value));
  }
  for (const auto& [name, value] : plan.settings)
    if (!find_served(name)) return wrong("serve has no setting '" + name + "'");
  if (plan.setting(settings::clients) != 1) return wrong("setting 'clients' must be 1");
  if (plan.setting(settings::replication_factor) > plan.setting(settings::brokers))
    return wrong("setting 'replication_factor' must not be above 'brokers', which is " +
                 std::to_string(plan.setting(settings::brokers)));
  if (plan.has(settings::throttled_rate) != plan.has(settings::catch_up_lag))
    return wrong("the settings 'throttled_rate' and 'catch_up_lag' must be given together");
  if (!plan.faults.empty()) return wrong("the faults of a session are planned while it lasts: it must have none");
  if (!plan.branches.empty()) return wrong("a session has no branches");
  return {};
}

}  // namespace fulmar
