#include <iostream>

#include "campaign/commands/command.h"

namespace fulmar {

namespace {

int list(const Simulator& simulator, const std::vector<std::string>& arguments) {
  CommandOptions options(simulator, commands::list);
  if (auto ended = options.parse(arguments)) return *ended;
  for (const auto& scenario : simulator.scenarios) std::cout << scenario.name << "  " << scenario.description << "\n";
  return 0;
}

}  // namespace

const Command commands::list{"list", "", "Lists the scenarios.", fulmar::list};

}  // namespace fulmar
