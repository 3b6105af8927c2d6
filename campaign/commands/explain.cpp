#include "campaign/explain.h"

#include "campaign/commands/play_source.h"

namespace fulmar {

namespace {

constexpr int moments_max = 1000;
constexpr int futures_max = 10'000;
constexpr int lines_max = 100'000;

int explain_one(const Simulator& simulator, const std::vector<std::string>& arguments) {
  PlaySource source;
  ExplainOptions how{.program = simulator.program};
  how.no_return.limits.jobs = jobs_by_default();
  CommandOptions options(simulator, commands::explain);
  source.declare(options);
  options.number("lines", "N", how.lines, 1, lines_max, "of what could have mattered; 60 by default");
  options.number("moments", "K", how.no_return.moments, 1, moments_max,
                 "of the life, at which futures part from it; 16 by default, and half as many where it matters most");
  options.number("futures", "M", how.no_return.futures, 1, futures_max, "of each moment; 10 by default");
  options.number("jobs", "N", how.no_return.limits.jobs, 1, jobs_max,
                 "lives at once; as many as there are cores by default");
  if (auto ended = options.parse(arguments)) return *ended;
  auto what = source.read(simulator, options);
  if (!what) return what.error();
  return explain(*what, how);
}

}  // namespace

const Command commands::explain{
    "explain",
    "(FILE | --scenario S --seed N [--set NAME=VALUE]... [--faults KIND,KIND] [--strategy random|swarm]) [--lines N] "
    "[--moments K] [--futures M] "
    "[--jobs N]",
    "Tells what a failing life's cause may be: what could have mattered to the violation, by the messages, disks and "
    "faults before it; where the life parts from the nearest one that passes, which lacks one of its faults; and from "
    "which moment on its failure could hardly be averted any more. Best done with a shrunk life.",
    explain_one};

}  // namespace fulmar
