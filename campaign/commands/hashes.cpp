#include <cstdio>

#include "campaign/commands/command.h"

namespace fulmar {

namespace {

int hashes(const Simulator& simulator, const std::vector<std::string>& arguments) {
  const Scenario* scenario = nullptr;
  std::optional<SeedRange> seeds;
  CommandOptions options(simulator, commands::hashes);
  options.scenario(scenario);
  options.seeds("seeds", seeds, "the seeds to play");
  if (auto ended = options.parse(arguments)) return *ended;
  if (!scenario) return options.complain("--scenario is needed");
  if (!seeds) return options.complain("--seeds A..B is needed");
  for (auto seed = seeds->first;; ++seed) {
    std::printf("%llu %016llx\n", static_cast<unsigned long long>(seed),
                static_cast<unsigned long long>(scenario->run(scenario->plan(seed), {}).trace_hash));
    if (seed == seeds->last) return 0;
  }
}

}  // namespace

const Command commands::hashes{"hashes", "--scenario S --seeds A..B",
                               "Plays the seeds and prints the trace hash of each: the same on every machine.",
                               fulmar::hashes};

}  // namespace fulmar
