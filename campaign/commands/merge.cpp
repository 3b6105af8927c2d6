#include <filesystem>
#include <iostream>

#include "campaign/commands/command.h"
#include "campaign/commands/required_marks.h"
#include "campaign/exit_codes.h"
#include "campaign/results.h"
#include "reports/file.h"
#include "reports/github_summary.h"
#include "reports/store.h"
#include "reports/summary.h"
#include "runtime/base/mark.h"

namespace fulmar {

namespace {

// The new report; errors are in one sentence, and then there is no new file.
Result<Totals> merged(const std::vector<std::string>& reports, const std::string& into) {
  std::error_code ignored;
  if (std::filesystem::exists(into, ignored)) return fail(Errc::exists, into + " exists already");
  for (const auto& report : reports)
    if (!std::filesystem::exists(report, ignored)) return fail(Errc::not_found, report + ": there is no such file");
  Totals totals;
  totals.code_marks = code_marks();
  auto add_all = [&]() -> Result<void> {
    FULMAR_TRY(auto store, ReportStore::open(into));
    for (const auto& report : reports) FULMAR_TRY_VOID(store->add_report(report));
    return store->each_life(std::nullopt, [&](const LifeReport& life) { totals.add(life); });
  };
  if (auto added = add_all(); !added) {
    for (const auto* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(into + suffix, ignored);
    return std::unexpected(added.error());
  }
  return totals;
}

int merge(const Simulator& simulator, const std::vector<std::string>& arguments) {
  std::vector<std::string> reports;
  std::string into, summary;
  CommandOptions options(simulator, commands::merge);
  options.files("FILE", reports, "the reports, as `run --report` writes them");
  options.text("output,o", "FILE", into, "the new report; there must not be such a file yet");
  RequiredMarks required(options);
  options.text("github-summary", "FILE", summary, "adds a summary in Markdown to this file");
  if (auto ended = options.parse(arguments)) return *ended;
  if (reports.empty()) return options.complain("the reports to merge are needed");
  if (into.empty()) return options.complain("-o FILE is needed");
  if (!summary.empty())
    if (auto writable = check_writable(summary); !writable) return options.refuse(writable.error().detail);
  std::vector<std::string> required_marks;
  if (auto read = required.read(required_marks); !read) return options.refuse(read.error().detail);
  auto totals = merged(reports, into);
  if (!totals) return options.refuse(totals.error().detail);
  auto missing = missing_marks(simulator, *totals) + unreached(required_marks, *totals);
  std::cout << summary_text(*totals, 0) << missing << "report: " << into << "\n";
  if (!summary.empty())
    if (auto written = append_file(summary, github_summary(*totals, 0, missing)); !written) {
      options.refuse(written.error().detail);
      return exit_unwritten;
    }
  if (!totals->differing.empty()) return exit_nondeterminism;
  return totals->findings.empty() && missing.empty() ? 0 : exit_violation;
}

}  // namespace

const Command commands::merge{
    "merge", "FILE... -o FILE [--require-marks FILE] [--github-summary FILE]",
    "Merges reports, for example of a campaign's shards, into a new one, and prints what they "
    "add up to. The exit code is that of one campaign with all their lives.",
    fulmar::merge};

}  // namespace fulmar
