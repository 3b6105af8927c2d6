#include "campaign/levels.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <set>
#include <vector>

#include "campaign/describe.h"
#include "campaign/exit_codes.h"

namespace fulmar {

namespace {

using Times = std::map<std::string, std::vector<Duration>>;  // by the name of the measurement

// `times` is sorted and not empty.
Duration percentile(const std::vector<Duration>& times, std::size_t percent) {
  return times[(times.size() * percent + 99) / 100 - 1];
}

std::string in_ms(const std::vector<Duration>& times) {
  if (times.empty()) return "-";
  auto ms = [](Duration time) { return std::to_string(time / milliseconds(1)); };
  return ms(percentile(times, 50)) + " / " + ms(percentile(times, 99)) + " / " + ms(times.back());
}

void print_table(std::map<std::string, Times>& by_kind) {
  std::set<std::string> columns;
  for (const auto& [kind, times] : by_kind)
    for (const auto& [what, values] : times) columns.insert(what);
  std::printf("%-22s %6s", "fault", "lives");
  for (const auto& column : columns) std::printf("  %22s", column.c_str());
  std::printf("\n");
  for (auto& [kind, times] : by_kind) {
    std::size_t lives = 0;
    for (auto& [what, values] : times) {
      std::ranges::sort(values);
      lives = std::max(lives, values.size());
    }
    std::printf("%-22s %6zu", kind.c_str(), lives);
    for (const auto& column : columns) std::printf("  %22s", in_ms(times[column]).c_str());
    std::printf("\n");
  }
}

}  // namespace

int print_levels(std::string_view program, const Scenario& scenario, std::uint64_t first_seed, std::uint64_t last_seed,
                 int jobs) {
  std::map<std::string, Times> by_kind;
  std::uint64_t lives = 0;
  bool failed = false;
  bool terminal = isatty(STDERR_FILENO);
  int interrupted_by = run_in_workers(
      WorkerLimits{.jobs = jobs}, lives_of_seeds(scenario, first_seed, last_seed),
      [&](const PlayedLife& result) {
        ++lives;
        const auto& plan = result.order.plan;
        if (!result.life.violations.empty()) {
          failed = true;
          std::printf(
              "%s",
              describe_violations(scenario, plan, result.life.violations, replay_command(program, plan, "")).c_str());
        }
        if (plan.faults.empty()) return;
        for (const auto& [what, time] : result.life.times)
          by_kind[std::string(plan.faults.front().kind->name)][what].push_back(time);
      },
      [&] {
        if (terminal) std::fprintf(stderr, "\r\033[K%llu lives", static_cast<unsigned long long>(lives));
      });
  if (terminal) std::fprintf(stderr, "\r\033[K");
  if (by_kind.empty()) {
    std::fprintf(stderr, "%s: the lives of scenario %s have measured nothing\n", std::string(program).c_str(),
                 std::string(scenario.name).c_str());
    return interrupted_by != 0 ? exit_by_signal + interrupted_by : exit_violation;
  }
  std::printf("%s: %llu lives; median / 99th percentile / maximum, in ms of simulated time\n",
              std::string(scenario.name).c_str(), static_cast<unsigned long long>(lives));
  print_table(by_kind);
  if (failed) return exit_violation;
  return interrupted_by != 0 ? exit_by_signal + interrupted_by : 0;
}

}  // namespace fulmar
