#include "campaign/plan_check.h"

#include <algorithm>
#include <vector>

#include "runtime/base/did_you_mean.h"

namespace fulmar {

namespace {

constexpr std::size_t faults_max = 10'000;

std::unexpected<Error> wrong(std::string sentence) {
  return fail(Errc::invalid_argument, std::move(sentence));
}

std::string range_text(std::int64_t min, std::int64_t max, std::int64_t value) {
  return " must be from " + std::to_string(min) + " to " + std::to_string(max) + ", not " + std::to_string(value);
}

}  // namespace

Result<void> check_settings(const Plan& plan, const std::string& whose, std::span<const Setting* const> required,
                            std::span<const Setting* const> optional) {
  std::vector<std::string_view> known;
  for (bool needed : {true, false})
    for (const auto* setting : needed ? required : optional) {
      const auto& [name, min, max, simplest] = *setting;
      known.push_back(name);
      if (!plan.has(*setting)) {
        if (!needed) continue;
        return wrong("the setting '" + std::string(name) + "' is missing");
      }
      auto value = plan.setting(*setting);
      if (value < min || value > max) return wrong("setting '" + std::string(name) + "'" + range_text(min, max, value));
    }
  for (const auto& [name, value] : plan.settings)
    if (std::find(known.begin(), known.end(), name) == known.end())
      return wrong(whose + " has no setting '" + name + "'" + did_you_mean(name, known));
  return {};
}

Result<void> check_fault(const Plan& plan, std::size_t number, std::span<const std::string> nodes, std::size_t servers,
                         const std::string& server) {
  const auto& fault = plan.faults[number];
  auto where = "fault " + std::to_string(number + 1) + " (" + std::string(fault.kind->name) + "): ";
  if (fault.target >= servers)
    return wrong(where + "its target must be a " + server + ", " + nodes.front() +
                 (servers > 1 ? " to " + nodes[servers - 1] : std::string()) + ", not " + nodes[fault.target]);
  if (fault.kind->has_peer && fault.peer == fault.target)
    return wrong(where + "its peer must be another node than its target, " + nodes[fault.target]);
  auto [min, max] = fault.kind->amount;
  if (fault.amount < min || fault.amount > max) return wrong(where + "its amount" + range_text(min, max, fault.amount));
  if (number > 0 && fault.at < plan.faults[number - 1].at) return wrong(where + "it begins before the one above it");
  return {};
}

Result<void> check_by_terms(const Scenario& scenario, const Plan& plan) {
  const auto& terms = scenario.terms;
  std::vector<const Setting*> required, optional;
  if (terms.settings)
    for (const auto* setting : terms.settings()) (setting == terms.end_ms ? optional : required).push_back(setting);
  FULMAR_TRY_VOID(check_settings(plan, "scenario " + plan.scenario, required, optional));
  if (plan.faults.size() > faults_max) return wrong("it must have " + std::to_string(faults_max) + " faults at most");
  auto nodes = terms.node_names(plan);
  auto servers = terms.servers ? terms.servers(plan) : nodes.size();
  for (std::size_t i = 0; i < plan.faults.size(); ++i) FULMAR_TRY_VOID(check_fault(plan, i, nodes, servers));
  return {};
}

}  // namespace fulmar
