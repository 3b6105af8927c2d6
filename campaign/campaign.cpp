#include "campaign/campaign.h"

#include <chrono>
#include <cstdio>
#include <utility>

#include "campaign/capsule_folder.h"
#include "campaign/exit_codes.h"
#include "campaign/progress.h"
#include "campaign/results.h"
#include "reports/marks.h"
#include "reports/summary.h"

namespace fulmar {

namespace {

using SteadyClock = std::chrono::steady_clock;

int refuse(std::string_view program, const std::string& why) {
  std::fprintf(stderr, "%s: %s\n", std::string(program).c_str(), why.c_str());
  return exit_usage;
}

// What the campaign does, so that it can be done again.
std::string plan_text(const CampaignOptions& options) {
  std::string text = options.scenarios.size() == 1 ? std::string(options.scenarios.front()->name)
                                                   : std::to_string(options.scenarios.size()) + " scenarios";
  text += ", seeds " + std::to_string(options.seeds.first) + "..";
  if (options.seeds.last != seed_max) text += std::to_string(options.seeds.last);
  if (options.shard.of > 1)
    text += ", shard " + std::to_string(options.shard.number) + " of " + std::to_string(options.shard.of);
  text += options.choice.options();
  if (options.guided) text += ", guided";
  if (options.until_first_failure) text += ", until the first failure";
  if (options.seconds_max > 0) text += ", for " + duration_text(options.seconds_max);
  return text + ", " + std::to_string(options.limits.jobs) + (options.limits.jobs == 1 ? " job" : " jobs") + "\n";
}

int exit_code(const Results& results, bool missing, int interrupted_by) {
  const auto& totals = results.totals();
  if (!totals.differing.empty()) return exit_nondeterminism;
  if (!totals.findings.empty() || missing) return exit_violation;
  if (results.unwritten()) return exit_unwritten;
  return interrupted_by != 0 ? exit_by_signal + interrupted_by : 0;
}

}  // namespace

int run_campaign(const Simulator& simulator, const CampaignOptions& asked) {
  auto options = asked;
  for (const auto* scenario : options.scenarios)
    if (auto checked = check_choice(*scenario, options.seeds.first, options.choice); !checked)
      return refuse(simulator.program, checked.error().detail);
  std::optional<CapsuleFolder> capsules;
  if (!options.capsules.empty()) {
    auto opened = CapsuleFolder::open(options.capsules);
    if (!opened) return refuse(simulator.program, opened.error().detail);
    capsules = std::move(*opened);
  }
  Results results(simulator, options);
  if (auto begun = results.begin(); !begun) return refuse(simulator.program, begun.error().detail);
  results.expect(options.scenarios);
  Turns turns(options.scenarios, options.seeds, options.shard, options.choice, results.played(), options.guided);
  ProgressDisplay display(is_screen());
  auto begun = SteadyClock::now();
  auto seconds = [&] {
    return results.seconds_before() + std::chrono::duration<double>(SteadyClock::now() - begun).count();
  };
  bool announced = false;
  bool complete = false;  // it has come to its end by itself
  auto next = [&]() -> std::optional<LifeOrder> {
    // From here on an interrupted campaign has its summary.
    if (!std::exchange(announced, true)) display.print(plan_text(options));
    const auto& totals = results.totals();
    bool over = options.until_first_failure && (!totals.findings.empty() || !totals.differing.empty());
    over |= options.seconds_max > 0 && seconds() > options.seconds_max;
    auto order = over ? std::nullopt : turns.next();
    complete |= !order && (over || turns.at_end());
    return order;
  };
  auto done = [&](const PlayedLife& life) {
    turns.ended(life);
    if (capsules) capsules->note(life);
    display.print(results.add(life, seconds()));
    if (auto error = results.take_error(); !error.empty()) {
      display.clear();
      refuse(simulator.program, error);
    }
  };
  CampaignProgress progress{.seconds_max = options.seconds_max,
                            .lives = turns.lives(),
                            .until_first_failure = options.until_first_failure,
                            .scenarios = {}};
  for (const auto* scenario : options.scenarios) progress.scenarios.emplace_back(scenario->name);
  auto idle = [&] {
    progress.seconds = seconds();
    display.show(progress, results.totals());
  };
  int interrupted_by = run_in_workers(options.limits, next, done, idle);
  display.clear();
  if (interrupted_by != 0) std::printf("interrupted: the lives that were under way do not count\n");
  auto took = seconds();
  std::printf("%s", summary_text(results.totals(), took).c_str());
  for (const auto& [scenario, seeds, why] : turns.passed_over())
    std::printf("%s: %llu seeds can't be played so: %s\n", scenario.c_str(), static_cast<unsigned long long>(seeds),
                why.c_str());
  if (options.marks) std::printf("%s", marks_table(results.totals()).c_str());
  auto missing = missing_marks(simulator, results.totals()) + unreached(options.required_marks, results.totals());
  std::printf("%s", missing.c_str());
  std::fflush(stdout);
  std::fprintf(stderr, "%s", results.end(took, complete && interrupted_by == 0, missing).c_str());
  if (!options.report.empty() && !results.unwritten()) std::printf("report: %s\n", options.report.c_str());
  bool unwritten = false;
  if (capsules) {
    auto files = capsules->write(options.limits);
    unwritten = !files;
    if (unwritten)
      refuse(simulator.program, files.error().detail);
    else
      for (const auto& file : *files) std::printf("capsule: %s\n", file.c_str());
  }
  if (interrupted_by == 0) std::fprintf(stderr, "%s", results.record_findings().c_str());
  auto code = exit_code(results, !missing.empty(), interrupted_by);
  return code == 0 && unwritten ? exit_unwritten : code;
}

}  // namespace fulmar
