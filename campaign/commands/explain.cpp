#include "campaign/explain.h"

#include <csignal>
#include <cstdio>

#include "campaign/commands/play_source.h"
#include "campaign/describe.h"
#include "campaign/exit_codes.h"
#include "campaign/recorded_findings.h"

namespace fulmar {

namespace {

constexpr int moments_max = 1000;
constexpr int futures_max = 10'000;
constexpr int lines_max = 100'000;

// The life and what was found, in a report.
int keep(ReportStore& store, const Simulator& simulator, const PlayFile& file, const PlayedLife& life,
         const std::string& replay, const WorkerLimits& limits, const Explanation& explanation) {
  auto failed = [&](const Error& error) {
    std::fprintf(stderr, "%s: %s\n", std::string(simulator.program).c_str(), error.detail.c_str());
    return exit_unwritten;
  };
  auto number = record_failing_life(store, simulator, file, life, replay, limits);
  if (!number) return failed(number.error());
  if (!*number) return exit_by_signal + SIGINT;
  if (auto kept = store.keep(**number, explanation); !kept) return failed(kept.error());
  return 0;
}

int explain_one(const Simulator& simulator, const std::vector<std::string>& arguments) {
  PlaySource source;
  std::string report;
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
  options.text("report", "FILE", report, "keeps what is found in this SQLite report, for the page that `report` makes");
  if (auto ended = options.parse(arguments)) return *ended;
  auto what = source.read(simulator, options);
  if (!what) return what.error();
  std::unique_ptr<ReportStore> store;
  if (!report.empty()) {
    auto opened = ReportStore::open(report);
    if (!opened) return options.refuse(opened.error().detail);
    store = std::move(*opened);
    auto replay = replay_command(simulator.program, what->plan, source.path, source.choice);
    how.found = [&, replay](const PlayedLife& life, const Explanation& explanation) {
      return keep(*store, simulator, *what, life, replay, how.no_return.limits, explanation);
    };
  }
  return explain(*what, how);
}

}  // namespace

const Command commands::explain{
    "explain",
    "(FILE | --scenario S --seed N [--set NAME=VALUE]... [--faults KIND,KIND] [--strategy random|swarm]) [--lines N] "
    "[--moments K] [--futures M] [--jobs N] [--report FILE]",
    "Tells what a failing life's cause may be: what could have mattered to the violation, by the messages, disks and "
    "faults before it; where the life parts from the nearest one that passes, which lacks one of its faults; and from "
    "which moment on its failure could hardly be averted any more. Best done with a shrunk life.",
    explain_one};

}  // namespace fulmar
