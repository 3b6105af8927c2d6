#include "scenarios/plan_check.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "runtime/base/did_you_mean.h"

namespace fulmar {

namespace {

// Every setting that a scenario's seeds can choose is chosen by one of the first so many.
constexpr std::uint64_t seeds_looked_at = 200;
constexpr std::int64_t brokers_max = 16;
constexpr std::int64_t clients_max = 1000;
constexpr std::int64_t partitions_max = 1000;

// Plans from before there were these are played without; see Plan::setting_or().
constexpr std::array later = {"calm_ms",
                              "cancelled_moves_percent",
                              "consumers",
                              "false_maxima",
                              "growing_topic",
                              "guarded_topic",
                              "idle_topic",
                              "lookup_pace_ms",
                              "metadata_segment_bytes",
                              "metadata_snapshot_bytes",
                              "producer_id_block",
                              "racks",
                              "remake_pace_ms",
                              "replication_factor",
                              "timed_topic"};

// Who has the first has the second.
constexpr std::array<std::pair<const char*, const char*>, 3> together = {
    {{"calm_ms", "calm_from_ms"}, {"calm_ms", "calm_rest"}, {"throttled_rate", "catch_up_lag"}}};

Result<void> check_range(const Plan& plan, const std::string& name, std::int64_t min, std::int64_t max) {
  auto found = plan.settings.find(name);
  if (found == plan.settings.end() || (found->second >= min && found->second <= max)) return {};
  return fail(Errc::invalid_argument, "setting '" + name + "' must be from " + std::to_string(min) + " to " +
                                          std::to_string(max) + ", not " + std::to_string(found->second));
}

}  // namespace

Result<void> check_plan(const Scenario& scenario, const Plan& plan) {
  std::set<std::string> known{"throttled_rate", "catch_up_lag"};  // of plans that were made by hand
  std::set<std::string> needed;
  for (std::uint64_t seed = 1; seed <= seeds_looked_at; ++seed) {
    std::set<std::string> chosen;
    for (const auto& [name, value] : scenario.plan(seed).settings) chosen.insert(name);
    known.insert(chosen.begin(), chosen.end());
    if (seed == 1) needed = chosen;
    std::erase_if(needed, [&](const std::string& name) { return !chosen.contains(name); });
  }
  for (const auto* name : later) known.insert(name), needed.erase(name);
  for (const auto& [name, value] : plan.settings)
    if (!known.contains(name))
      return fail(Errc::invalid_argument, "scenario " + plan.scenario + " has no setting '" + name + "'" +
                                              did_you_mean(name, {known.begin(), known.end()}));
  for (const auto& name : needed)
    if (!plan.settings.contains(name)) return fail(Errc::invalid_argument, "the setting '" + name + "' is missing");
  for (const auto& [one, other] : together)
    if (plan.setting_or(one, 0) != 0 && !plan.settings.contains(other))
      return fail(Errc::invalid_argument,
                  std::string("the setting '") + other + "' is missing, which '" + one + "' needs");
  TRY_VOID(check_range(plan, "brokers", 1, brokers_max));
  TRY_VOID(check_range(plan, "clients", 0, clients_max));
  TRY_VOID(check_range(plan, "partitions", 1, partitions_max));
  auto brokers = static_cast<std::size_t>(plan.setting_or("brokers", 1));
  auto nodes = node_names(plan);
  for (std::size_t i = 0; i < plan.faults.size(); ++i) {
    const auto& fault = plan.faults[i];
    auto where = "fault " + std::to_string(i + 1) + " (" + fault_name(fault.kind) + "): ";
    if (fault.target >= brokers)
      return fail(Errc::invalid_argument, where + "its target must be a broker, " + nodes.front() +
                                              (brokers > 1 ? " to " + nodes[brokers - 1] : std::string()) + ", not " +
                                              nodes[fault.target]);
    if (i > 0 && fault.at < plan.faults[i - 1].at)
      return fail(Errc::invalid_argument, where + "it begins before the one above it");
  }
  return {};
}

}  // namespace fulmar
