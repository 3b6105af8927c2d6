#include <algorithm>

#include "campaign/capsule_folder.h"
#include "campaign/describe.h"
#include "campaign/results.h"
#include "campaign/signature.h"

namespace fulmar {

namespace {

constexpr AmountRange any_amount;

double in_seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

std::vector<ReportedFault> faults_of(const Scenario& scenario, const Plan& plan) {
  std::vector<ReportedFault> faults;
  auto nodes = scenario.terms.node_names(plan);
  auto name = [&](std::size_t node) { return node < nodes.size() ? nodes[node] : std::to_string(node); };
  for (const auto& fault : plan.faults) {
    const auto& [min, max] = fault.kind->amount;
    bool has_amount = min != any_amount.min || max != any_amount.max;
    faults.push_back({.kind = std::string(fault.kind->name),
                      .at_seconds = in_seconds(fault.at - Instant{}),
                      .duration_seconds = in_seconds(fault.duration),
                      .target = name(fault.target),
                      .peer = fault.kind->has_peer ? std::optional(name(fault.peer)) : std::nullopt,
                      .amount = has_amount ? std::optional(fault.amount) : std::nullopt});
  }
  return faults;
}

// JSON without its line ends, which are in no string of a plan.
std::string in_one_line(std::string json) {
  for (auto end = json.find('\n'); end != std::string::npos; end = json.find('\n', end))
    json.erase(end, std::min(json.find_first_not_of("\n ", end), json.size()) - end);
  return json;
}

}  // namespace

LifeReport report_of(const PlayedLife& played, std::string_view program, const PlanChoice& choice,
                     const std::string& capsules, double seconds) {
  const auto& [order, life, wall_seconds, cpu_seconds, difference] = played;
  const bool own = order.origin.empty();  // the life of its seed
  LifeReport report;
  report.scenario = order.scenario->name;
  report.seed = own ? order.plan.seed : order.turn;
  report.hash = life.trace_hash;
  report.events = life.events;
  report.simulated_seconds = in_seconds(life.simulated);
  report.wall_seconds = wall_seconds;
  report.cpu_seconds = cpu_seconds;
  report.ended_seconds = seconds;
  report.played_twice = order.twice;
  report.settings = order.plan.settings;
  report.faults = faults_of(*order.scenario, order.plan);
  report.operations = life.operations;
  report.marks = life.marks;
  report.sightings = life.sightings;
  if (life.violations.empty() && !difference) return report;
  report.plan = plan_to_json(order.plan, order.scenario->terms);
  report.replay = own ? replay_command(program, order.plan, "", choice)
                      : replay_command(program, order.plan, capsules.empty() ? "FILE" : capsule_file(capsules, order));
  if (difference) report.difference = describe(*difference);
  if (life.violations.empty()) return report;
  report.signature = to_string(*signature_of(life.violations));
  report.description = describe_violations(*order.scenario, order.plan, life.violations, report.replay);
  if (!own) {
    report.description += "  play " + std::to_string(order.turn) + " of a guided campaign: " + order.origin + "\n";
    if (capsules.empty()) report.description += "  its plan, for FILE: " + in_one_line(report.plan) + "\n";
  }
  for (const auto& [property, anomaly, text, at] : life.violations)
    report.violations.push_back(
        {property, anomaly, text, at == Instant::max() ? std::nullopt : std::optional(in_seconds(at - Instant{}))});
  return report;
}

}  // namespace fulmar
