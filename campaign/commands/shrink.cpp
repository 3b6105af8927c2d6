#include "campaign/shrink.h"

#include "campaign/commands/play_source.h"

namespace fulmar {

namespace {

// "lost.capsule.json" and "lost.json" give "lost.shrunk.capsule.json".
std::string beside(std::string path) {
  for (std::string_view end : {".capsule.json", ".json"})
    if (path.ends_with(end)) {
      path.resize(path.size() - end.size());
      break;
    }
  return path + ".shrunk.capsule.json";
}

int shrink_one(const Simulator& simulator, const std::vector<std::string>& arguments) {
  PlaySource source;
  std::optional<std::uint64_t> plays;
  ShrinkOptions how{.program = simulator.program, .out = ""};
  how.limits.jobs = jobs_by_default();
  CommandOptions options(simulator, commands::shrink);
  source.declare(options);
  options.duration("time", how.seconds_max, "after that the best so far is kept; 60s by default");
  options.number(
      "plays", "N", plays,
      "the same after so many lives: with it the result is the same on every machine, if the time is enough");
  options.number("jobs", "N", how.limits.jobs, 1, jobs_max, "lives at once; as many as there are cores by default");
  options.text("out,o", "FILE.capsule.json", how.out,
               "the capsule to write; by default FILE, or SCENARIO-SEED, with the ending .shrunk.capsule.json");
  if (auto ended = options.parse(arguments)) return *ended;
  how.plays_max = plays.value_or(0);
  if (plays == 0) return options.complain("--plays must be above 0");
  auto what = source.read(simulator, options);
  if (!what) return what.error();
  if (how.out.empty())
    how.out = beside(source.path.empty() ? what->plan.scenario + "-" + std::to_string(what->plan.seed) : source.path);
  return shrink(*what, how);
}

}  // namespace

const Command commands::shrink{
    "shrink",
    "(FILE | --scenario S --seed N [--set NAME=VALUE]... [--faults KIND,KIND] [--strategy random|swarm]) [--time 60s] "
    "[--plays N] [--jobs N] "
    "[-o FILE.capsule.json]",
    "Makes a failing life simple, as long as it fails with the same signature: fewer and weaker faults, simpler "
    "settings, "
    "an earlier end. Tells what happens without each fault that is left.",
    shrink_one};

}  // namespace fulmar
