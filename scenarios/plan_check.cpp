#include "scenarios/plan_check.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "campaign/plan_check.h"
#include "faults/calm.h"
#include "faults/planner.h"
#include "scenarios/cluster_life.h"
#include "scenarios/life_security.h"
#include "scenarios/node_names.h"
#include "scenarios/plan_settings.h"
#include "scenarios/single_broker.h"

namespace fulmar {

namespace {

constexpr std::size_t faults_max = 10'000;

// A plan with the first must have the second.
constexpr std::pair<const Setting*, const Setting*> together[] = {
    {&settings::calm_ms, &settings::calm_from_ms},
    {&settings::calm_ms, &settings::calm_rest},
    {&settings::consumer_pipelines, &settings::grouped_stages},
    {&settings::downgrade_at_ms, &settings::upgrade_at_ms},
    {&settings::grouped_stages, &settings::stages},
    {&settings::keyed_clients, &settings::compacted_segment_bytes},
    {&settings::keyed_clients, &settings::cleanable_percent},
    {&settings::keyed_clients, &settings::keyed_pace_ms},
    {&settings::keyed_clients, &settings::delete_retention_ms},
    {&settings::keyed_transactions, &settings::keyed_clients},
    {&settings::offsets_retention_ms, &settings::offsets_check_ms},
    {&settings::throttled_rate, &settings::catch_up_lag},
    {&settings::throttled_rate, &settings::replica_lag_ms}};

std::unexpected<Error> wrong(std::string sentence) {
  return fail(Errc::invalid_argument, std::move(sentence));
}

bool of_cluster(const Scenario& scenario) {
  return scenario.run == run_cluster;
}

Result<void> check_each(const Scenario& scenario, const Plan& plan) {
  std::vector<const Setting*> required, optional;
  for (const auto& use : setting_uses()) {
    if (use.of_clusters_only && !of_cluster(scenario)) continue;
    (use.optional ? optional : required).push_back(use.setting);
  }
  return check_settings(plan, "scenario " + plan.scenario, required, optional);
}

// When the faults end, in ms; a life of one broker has no calm, and its faults begin sooner.
std::int64_t faults_end_ms(const Scenario& scenario, const Plan& plan) {
  return of_cluster(scenario) ? fault_window(plan).end.ns / 1'000'000
                              : single_broker_faults_begin_ms + plan.setting(settings::safety_ms);
}

}  // namespace

Result<void> check_security(const Plan& plan) {
  if (plan.setting_or(settings::session_ms, 0) != 0 && !has_sasl(plan))
    return wrong("setting 'session_ms' needs a 'security' with SASL, from 3 to 8");
  if (plan.setting_or(settings::password_pace_ms, 0) != 0 && !has_scram(plan))
    return wrong("setting 'password_pace_ms' needs a 'security' with SCRAM: 4, 5, 7 or 8");
  bool any = plan.setting_or(settings::security, 0) != 0 || plan.setting_or(settings::internal_tls, 0) != 0;
  if (any && plan.has(settings::upgrade_at_ms))
    return wrong(
        "settings 'security' and 'internal_tls' can't be with 'upgrade_at_ms', as the release before has none");
  return {};
}

namespace {

Result<void> check_together(const Scenario& scenario, const Plan& plan) {
  for (const auto& [one, other] : together)
    if (plan.setting_or(*one, 0) != 0 && !plan.has(*other))
      return wrong("the setting '" + std::string(other->name) + "' is missing, which '" + std::string(one->name) +
                   "' needs");
  if (auto last = faults_end_ms(scenario, plan); plan.setting_or(settings::end_ms, 0) > last)
    return wrong("setting 'end_ms' must not be above " + std::to_string(last) + ", when the faults end");
  if (plan.has(settings::downgrade_at_ms) &&
      plan.setting(settings::downgrade_at_ms) <= plan.setting(settings::upgrade_at_ms))
    return wrong("setting 'downgrade_at_ms' must be above 'upgrade_at_ms', which is " +
                 std::to_string(plan.setting(settings::upgrade_at_ms)));
  FULMAR_TRY_VOID(check_security(plan));
  if (!of_cluster(scenario)) {
    if (plan.setting(settings::shards) == 0)
      return wrong("setting 'shards' must be 1 at least, as there is one broker only");
    return {};
  }
  if (plan.setting(settings::replication_factor) > plan.setting(settings::brokers))
    return wrong("setting 'replication_factor' must not be above 'brokers', which is " +
                 std::to_string(plan.setting(settings::brokers)));
  auto spared = static_cast<std::int64_t>(victims_max(plan));
  if (plan.setting(settings::rest) != 0 && plan.setting(settings::rest_count) > spared)
    return wrong("setting 'rest_count' must not be above " + std::to_string(spared) +
                 ", as a majority of every partition's replicas has to come back");
  auto calm = calm_of(plan);
  if (!calm) return {};
  if (calm->end > fault_window(plan).end)
    return wrong("the calm must end when the faults do, at " + std::to_string(fault_window(plan).end.ns / 1'000'000) +
                 " ms");
  bool brokers_only = calm->rest.empty() || *calm->rest.rbegin() < fault_window(plan).nodes.servers;
  if (static_cast<std::int64_t>(calm->rest.size()) > spared || !brokers_only)
    return wrong("setting 'calm_rest' must have " + std::to_string(spared) +
                 " bits at most, of brokers, as a majority of every partition's replicas is to be left alone");
  return {};
}

}  // namespace

Result<void> check_fault(const Plan& plan, std::size_t number) {
  return check_fault(plan, number, node_names(plan), static_cast<std::size_t>(plan.setting_or(settings::brokers, 1)),
                     "broker");
}

namespace {

// Checks what the faults do together.
Result<void> check_faults(const Scenario& scenario, const Plan& plan) {
  auto nodes = node_names(plan);
  auto hurt = victims(plan.faults);
  std::size_t most = of_cluster(scenario) ? victims_max(plan) : 0;
  if (hurt.size() > most) {
    std::string names;
    for (auto node : hurt) names += (names.empty() ? "" : ", ") + nodes[node];
    return wrong("damage and wipe may be of " + std::to_string(most) + " of such a life's brokers, not of " + names +
                 ", as more than that is not promised to survive");
  }
  auto calm = of_cluster(scenario) ? calm_of(plan) : std::nullopt;
  for (std::size_t i = 0; calm && i < plan.faults.size(); ++i)
    if (disturbs(plan.faults[i], *calm, fault_window(plan)))
      return wrong("fault " + std::to_string(i + 1) + " (" + std::string(plan.faults[i].kind->name) +
                   "): it disturbs who is to be left alone by the setting 'calm_ms'");
  return {};
}

}  // namespace

Result<void> check_plan(const Scenario& scenario, const Plan& plan) {
  FULMAR_TRY_VOID(check_each(scenario, plan));
  FULMAR_TRY_VOID(check_together(scenario, plan));
  if (plan.faults.size() > faults_max) return wrong("it must have " + std::to_string(faults_max) + " faults at most");
  for (std::size_t i = 0; i < plan.faults.size(); ++i) FULMAR_TRY_VOID(check_fault(plan, i));
  return check_faults(scenario, plan);
}

}  // namespace fulmar
