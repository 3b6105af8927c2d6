#include "campaign/levels.h"

#include "campaign/commands/command.h"

namespace fulmar {

namespace {

int levels(const Simulator& simulator, const std::vector<std::string>& arguments) {
  const auto* scenario = scenario_named(simulator, simulator.levels_scenario);
  std::optional<SeedRange> seeds{{1, 340}};
  int jobs = jobs_by_default();
  CommandOptions options(simulator, commands::levels);
  options.scenario(scenario);
  options.seeds("seeds", seeds, "the seeds to play; 1..340 by default");
  options.number("jobs", "N", jobs, 1, jobs_max, "lives at once; as many as there are cores by default");
  if (auto ended = options.parse(arguments)) return *ended;
  if (!scenario) return options.complain("--scenario is needed");
  return print_levels(simulator.program, *scenario, seeds->first, seeds->last, jobs);
}

}  // namespace

const Command commands::levels{"levels", "[--scenario S] [--seeds A..B] [--jobs N]",
                               "Plays lives and prints how long they took for what the scenario measures, by the kind "
                               "of their first fault.",
                               fulmar::levels};

}  // namespace fulmar
