#include <array>
#include <csignal>
#include <expected>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "campaign/commands/play_source.h"
#include "campaign/describe.h"
#include "campaign/exit_codes.h"
#include "campaign/explain.h"
#include "campaign/recorded_findings.h"
#include "reports/file.h"
#include "reports/page.h"

namespace fulmar {

namespace {

// A whole process has ended, or an error was printed: the exit code.
template <class T>
using Or = std::expected<T, int>;

bool is_database(const std::string& path) {
  std::array<char, 16> begin{};
  std::ifstream(path, std::ios::binary).read(begin.data(), begin.size());
  return std::string_view(begin.data(), begin.size()) == std::string_view("SQLite format 3\0", 16);
}

// A report of a single life, which is played for it.
Or<std::unique_ptr<ReportStore>> report_of_life(const Simulator& simulator, const CommandOptions& options,
                                                const PlaySource& source, std::optional<ExplainOptions> how) {
  auto file = source.read(simulator, options);
  if (!file) return std::unexpected(file.error());
  auto played = run_in_worker({}, {.scenario = file->scenario, .plan = file->plan});
  if (!played) return std::unexpected(exit_by_signal + played.error());
  if (!violation_of(*file, *played))
    return std::unexpected(options.refuse("the life is clean, so there is nothing to report"));
  auto store = ReportStore::in_memory();
  if (!store) return std::unexpected(options.refuse(store.error().detail));
  auto replay = replay_command(simulator.program, file->plan, source.path, source.choice);
  auto recorded = record_failing_life(**store, simulator, *file, *played, replay, {});
  if (!recorded) return std::unexpected(options.refuse(recorded.error().detail));
  if (!*recorded) return std::unexpected(exit_by_signal + SIGINT);
  if (!how) return std::move(*store);
  how->found = [&](const PlayedLife&, const Explanation& explanation) {
    auto kept = (*store)->keep(**recorded, explanation);
    return kept ? 0 : options.refuse(kept.error().detail);
  };
  if (auto ended = explain(*file, *how); ended != 0) return std::unexpected(ended);
  return std::move(*store);
}

Or<std::unique_ptr<ReportStore>> report_of_file(const CommandOptions& options, const std::string& path) {
  auto store = ReportStore::open_copy(path);
  if (!store) return std::unexpected(options.refuse(store.error().detail));
  auto has_lives = (*store)->has_lives();
  if (!has_lives) return std::unexpected(options.refuse(has_lives.error().detail));
  if (!*has_lives) return std::unexpected(options.refuse(path + ": there are no lives in it to report"));
  return std::move(*store);
}

int write_report(const Simulator& simulator, const std::vector<std::string>& arguments) {
  PlaySource source;
  std::string into;
  bool explains = false;
  ExplainOptions how{.program = simulator.program};
  how.no_return.limits.jobs = jobs_by_default();
  CommandOptions options(simulator, commands::report);
  source.declare(options);
  options.text("output,o", "FILE.html", into, "the page to write; another page there is replaced");
  options.flag("explain", explains, "explains the life first, as `explain` does, so that the page has that too");
  if (auto ended = options.parse(arguments)) return *ended;
  if (into.empty()) return options.complain("-o FILE.html is needed");
  std::error_code ignored;
  if (std::filesystem::equivalent(source.path, into, ignored))
    return options.complain("-o must be another file than " + source.path);
  if (auto writable = check_writable(into); !writable) return options.refuse(writable.error().detail);
  bool of_file = source.scenario == nullptr && !source.seed && source.choice.empty() && is_database(source.path);
  if (of_file && explains)
    return options.complain("--explain is for a single life; `explain --report` adds to a report what it finds");
  auto store = of_file ? report_of_file(options, source.path)
                       : report_of_life(simulator, options, source, explains ? std::optional(how) : std::nullopt);
  if (!store) return store.error();
  auto document = (*store)->document();
  if (!document) return options.refuse(document.error().detail);
  if (auto written = write_file(into, html_page(*document)); !written) {
    options.refuse(written.error().detail);
    return exit_unwritten;
  }
  std::cout << into << "\n";
  return 0;
}

}  // namespace

const Command commands::report{
    "report",
    "(FILE | --scenario S --seed N [--set NAME=VALUE]... [--faults KIND,KIND] [--strategy random|swarm]) [--explain] "
    "-o FILE.html",
    "Makes one HTML page, which needs no network. If FILE is a report, as `run --report` writes it: an overview of its "
    "campaigns, and for each finding the shortest life, as far as the report has it. If FILE is a capsule or a plan, "
    "or a "
    "seed is given: what happens in that life, which is played for it.",
    write_report};

}  // namespace fulmar
