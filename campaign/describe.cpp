#include "campaign/describe.h"

#include <algorithm>

namespace fulmar {

namespace {

constexpr std::size_t violations_per_life_shown = 3;

}  // namespace

std::string describe_operations(const std::map<std::string, std::uint64_t>& operations) {
  std::string text;
  for (const auto& [kind, count] : operations) text += ", " + std::to_string(count) + " " + kind;
  return text;
}

std::string describe_violations(const Scenario& scenario, const Plan& plan, const Violations& violations,
                                const std::string& replay) {
  std::string text;
  auto nodes = scenario.terms.node_names(plan);
  std::size_t shown = 0;
  for (const auto& violation : violations) {
    if (shown++ == violations_per_life_shown) {
      text += "  ... and " + std::to_string(violations.size() - violations_per_life_shown) + " more\n";
      break;
    }
    text += "seed " + std::to_string(plan.seed) + " violates " + violation.property + ": " + violation.anomaly + "\n";
    std::string indented = "    " + violation.text;
    for (auto at = indented.find('\n'); at != std::string::npos; at = indented.find('\n', at + 1))
      indented.insert(at + 1, "    ");
    text += indented + "\n";
    constexpr Duration around = seconds(15);
    for (const auto& fault : plan.faults) {
      bool near = violation.at == Instant::max() ||
                  (fault.at <= violation.at && fault.at + fault.duration + around >= violation.at);
      if (near) text += "    fault " + to_string(fault, nodes) + "\n";
    }
  }
  return text + "  replay: " + replay + " --trace\n";
}

std::string replay_command(std::string_view program, const Plan& plan, const std::string& plan_file,
                           const PlanChoice& choice) {
  auto command = std::string(program) + " replay ";
  if (!plan_file.empty()) return command + plan_file;
  return command + "--scenario " + plan.scenario + " --seed " + std::to_string(plan.seed) + choice.options();
}

}  // namespace fulmar
