#include "campaign/counts.h"

#include <algorithm>

#include "campaign/commands/command.h"
#include "runtime/base/did_you_mean.h"

namespace fulmar {

namespace {

int counts(const Simulator& simulator, const std::vector<std::string>& arguments) {
  CountOptions asked{.program = simulator.program};
  std::vector<std::string> wanted;
  CommandOptions options(simulator, commands::counts);
  options.texts("load", "NAME", wanted, "only this load; may be given again");
  options.flag("json", asked.as_json, "prints the totals as JSON, which --bounds reads");
  options.text("bounds", "FILE", asked.bounds_file, "fails if a total is more than 1 % above the one in this file");
  if (auto ended = options.parse(arguments)) return *ended;
  if (simulator.loads.empty()) return options.complain("there is no load whose work is counted");
  std::vector<const CountedLoad*> loads;
  if (wanted.empty())
    for (const auto& load : simulator.loads) loads.push_back(&load);
  for (const auto& name : wanted) {
    auto found = std::ranges::find(simulator.loads, name, &CountedLoad::name);
    if (found == simulator.loads.end()) {
      std::vector<std::string_view> names;
      for (const auto& load : simulator.loads) names.push_back(load.name);
      return options.complain("there is no load '" + name + "'" + did_you_mean(name, names));
    }
    loads.push_back(&*found);
  }
  return print_counts(loads, asked);
}

}  // namespace

const Command commands::counts{"counts", "[--load NAME]... [--json] [--bounds FILE]",
                               "Plays fixed pieces of work and prints what they cost, in counts that are the same on "
                               "every machine.",
                               fulmar::counts};

}  // namespace fulmar
