#include <iostream>

#include "campaign/canary.h"
#include "campaign/commands/command.h"

namespace fulmar {

namespace {

int list(const Simulator& simulator, const std::vector<std::string>& arguments) {
  bool all = false;
  CommandOptions options(simulator, commands::list);
  options.flag("all", all, "also the hidden scenario");
  if (auto ended = options.parse(arguments)) return *ended;
  for (const auto& scenario : simulator.scenarios) std::cout << scenario.name << "  " << scenario.description << "\n";
  if (all) std::cout << canary_scenario().name << "  " << canary_scenario().description << "\n";
  return 0;
}

}  // namespace

const Command commands::list{"list", "[--all]", "Lists the scenarios.", fulmar::list};

}  // namespace fulmar
