#include <iostream>

#include "campaign/commands/command.h"

namespace fulmar {

namespace {

int plan(const Simulator& simulator, const std::vector<std::string>& arguments) {
  const Scenario* scenario = nullptr;
  std::optional<std::uint64_t> seed;
  PlanChoice choice;
  CommandOptions options(simulator, commands::plan);
  options.scenario(scenario);
  options.number("seed", "N", seed, "the seed");
  options.choice(choice);
  if (auto ended = options.parse(arguments)) return *ended;
  if (!scenario) return options.complain("--scenario is needed");
  if (!seed) return options.complain("--seed N is needed");
  std::cout << plan_to_json(plan_of(*scenario, *seed, choice), scenario->terms) << "\n";
  return 0;
}

}  // namespace

const Command commands::plan{"plan",
                             "--scenario S --seed N [--set NAME=VALUE] [--faults KIND,KIND] [--strategy random|swarm]",
                             "Prints the plan of a seed: its settings and faults, as JSON.", fulmar::plan};

}  // namespace fulmar
