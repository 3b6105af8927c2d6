#include "campaign/campaign.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "campaign/exit_codes.h"
#include "reports/junit.h"
#include "reports/store.h"
#include "runtime/base/random.h"

namespace fulmar {

namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t violations_per_life_shown = 3;
constexpr double plain_progress_seconds = 10;
constexpr std::uint64_t lives_for_each_played_twice = 20;

// One column less: some terminals begin a new line after the last one.
std::size_t terminal_width() {
  winsize size{};
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col - 1u : 79u;
}

// The counts of lives so far.
struct Tally {
  std::uint64_t lives = 0;
  std::uint64_t failed = 0;
  double simulated_seconds = 0;
  double life_wall_seconds = 0;
  std::uint64_t events = 0;
  std::map<std::string, std::uint64_t> operations;
  std::map<std::string, std::uint64_t> marks;
};

std::string progress_line(const Tally& tally, const CampaignOptions& options, double elapsed) {
  auto total = options.last_seed - options.first_seed + 1;
  double per_life = tally.lives ? elapsed / static_cast<double>(tally.lives) : 0;
  double left = per_life * static_cast<double>(total - tally.lives);
  if (options.seconds_max > 0) left = std::min(left, std::max(0.0, options.seconds_max - elapsed));
  char text[200];
  std::snprintf(text, sizeof text,
                "%llu/%llu lives, %llu with violations, %.0f simulated s per wall s and core, ETA %.0f s",
                static_cast<unsigned long long>(tally.lives), static_cast<unsigned long long>(total),
                static_cast<unsigned long long>(tally.failed),
                tally.life_wall_seconds > 0 ? tally.simulated_seconds / tally.life_wall_seconds : 0.0, left);
  return text;
}

// The marks that lives have reached, and those that none has.
void print_marks(const std::map<std::string, std::uint64_t>& marks) {
  constexpr std::size_t width_max = 110;
  std::string line;
  auto print = [&](const std::string& next) {
    if (line.size() + next.size() > width_max) {
      std::printf("%s\n", line.c_str());
      line = " ";
    }
    line += " " + next;
  };
  line = "reached:";
  for (const auto& [mark, count] : marks)
    if (count > 0) print(mark + " " + std::to_string(count) + ";");
  std::printf("%s\n", line.c_str());
  line = "never reached:";
  for (const auto& [mark, count] : marks)
    if (count == 0) print(mark + ";");
  if (line != "never reached:") std::printf("%s\n", line.c_str());
}

// The required marks that so many lives have not reached, a line for each; empty if there are none.
std::string missing_marks(const Scenario& scenario, const Tally& tally) {
  std::string lines;
  for (const auto& required : scenario.required) {
    auto reached = tally.marks.find(std::string(required.mark));
    if (tally.lives < required.lives || (reached != tally.marks.end() && reached->second > 0)) continue;
    lines += std::string(scenario.name) + ": no life has reached \"" + std::string(required.mark) + "\", which " +
             std::to_string(required.lives) + " lives have to\n";
  }
  return lines;
}

}  // namespace

std::string describe_operations(const std::map<std::string, std::uint64_t>& operations) {
  std::string text;
  for (const auto& [kind, count] : operations) text += ", " + std::to_string(count) + " " + kind;
  return text;
}

std::string describe_violations(const Scenario& scenario, const Plan& plan, const Violations& violations,
                                const std::string& replay) {
  std::string text;
  auto nodes = scenario.terms.node_names(plan);
  std::size_t shown = 0;
  for (const auto& violation : violations) {
    if (shown++ == violations_per_life_shown) {
      text += "  ... and " + std::to_string(violations.size() - violations_per_life_shown) + " more\n";
      break;
    }
    text += "seed " + std::to_string(plan.seed) + " violates " + violation.property + ": " + violation.anomaly + "\n";
    std::string indented = "    " + violation.text;
    for (auto at = indented.find('\n'); at != std::string::npos; at = indented.find('\n', at + 1))
      indented.insert(at + 1, "    ");
    text += indented + "\n";
    constexpr Duration around = seconds(15);
    for (const auto& fault : plan.faults) {
      bool near = violation.at == Instant::max() ||
                  (fault.at <= violation.at && fault.at + fault.duration + around >= violation.at);
      if (near) text += "    fault " + to_string(fault, nodes) + "\n";
    }
  }
  return text + "  replay: " + replay + " --trace\n";
}

std::string replay_command(std::string_view program, const Plan& plan, const std::string& plan_file) {
  auto command = std::string(program) + " replay --scenario " + plan.scenario;
  return command + (plan_file.empty() ? " --seed " + std::to_string(plan.seed) : " --plan " + plan_file);
}

int run_campaign(const Scenario& scenario, const CampaignOptions& options) {
  std::string program(options.program);
  auto complain = [&](const Error& error) { std::fprintf(stderr, "%s: %s\n", program.c_str(), error.detail.c_str()); };
  std::unique_ptr<ReportStore> store;
  std::int64_t campaign = 0;
  if (!options.report.empty()) {
    auto opened = ReportStore::open(options.report);
    auto begun = opened ? (*opened)->begin_campaign(std::string(scenario.name), options.first_seed, options.last_seed)
                        : std::unexpected(opened.error());
    if (!begun) {
      complain(begun.error());
      return exit_usage;
    }
    store = std::move(*opened);
    campaign = *begun;
  }
  if (!options.junit.empty()) {
    if (auto writable = check_writable(options.junit); !writable) {
      complain(writable.error());
      return exit_usage;
    }
  }
  bool unwritten = false;
  bool nondeterministic = false;
  bool terminal = isatty(STDOUT_FILENO);
  auto begun = SteadyClock::now();
  auto elapsed = [&] { return std::chrono::duration<double>(SteadyClock::now() - begun).count(); };
  double last_progress = 0;
  Tally tally;
  std::vector<JunitCase> cases;
  std::vector<std::uint64_t> failed_seeds;
  auto clear = [&] {
    if (terminal) std::printf("\r\033[K");
  };
  auto seeds = lives_of_seeds(scenario, options.first_seed, options.last_seed);
  auto next = [&]() -> std::optional<LifeOrder> {
    if (options.stop_at_violation && tally.failed > 0) return std::nullopt;
    if (options.seconds_max > 0 && elapsed() > options.seconds_max) return std::nullopt;
    auto order = seeds();
    if (order) order->twice = mix64(order->plan.seed) % lives_for_each_played_twice == 0;
    return order;
  };
  int interrupted_by = run_in_workers(
      options.limits, next,
      [&](const PlayedLife& result) {
        const auto& plan = result.order.plan;
        ++tally.lives;
        tally.simulated_seconds += std::chrono::duration<double>(result.life.simulated).count();
        tally.life_wall_seconds += result.wall_seconds;
        tally.events += result.life.events;
        for (const auto& [kind, count] : result.life.operations) tally.operations[kind] += count;
        for (const auto& [mark, count] : result.life.marks) tally.marks[mark] += count;
        std::string text;
        if (result.difference) {
          nondeterministic = true;
          clear();
          text = "seed " + std::to_string(plan.seed) + ": " + describe(*result.difference);
          std::printf("%s", text.c_str());
        }
        if (!result.life.violations.empty()) {
          failed_seeds.push_back(plan.seed);
          text +=
              describe_violations(scenario, plan, result.life.violations, replay_command(options.program, plan, ""));
          if (++tally.failed <= static_cast<std::uint64_t>(options.shown_max)) {
            clear();
            std::printf("%s", text.c_str());
          }
        }
        if (!options.junit.empty()) cases.push_back({"seed " + std::to_string(plan.seed), result.wall_seconds, text});
        if (!store) return;
        StoredRun run{plan.seed,
                      result.life.trace_hash,
                      std::chrono::duration<double>(result.life.simulated).count(),
                      result.wall_seconds,
                      {},
                      result.life.marks};
        for (const auto& violation : result.life.violations)
          run.violations.push_back({violation.property, violation.anomaly, violation.text});
        auto json = result.life.violations.empty() ? "" : plan_to_json(plan, scenario.terms);
        auto added = store->add_run(campaign, run, json);
        if (added) return;
        clear();
        complain(added.error());
        std::fprintf(stderr, "%s: the report ends before seed %llu; the campaign goes on without it\n", program.c_str(),
                     static_cast<unsigned long long>(plan.seed));
        unwritten = true;
        store.reset();
      },
      [&] {
        double now = elapsed();
        if (terminal) {
          std::printf("\r\033[K%s", progress_line(tally, options, now).substr(0, terminal_width()).c_str());
          std::fflush(stdout);
        } else if (now - last_progress >= plain_progress_seconds) {
          last_progress = now;
          std::printf("%s\n", progress_line(tally, options, now).c_str());
          std::fflush(stdout);
        }
      });
  clear();
  if (interrupted_by != 0) std::printf("interrupted: the lives that were under way do not count\n");
  std::printf(
      "%s: %llu lives in %.1f s (%.0f per minute), %llu with violations; %.0f simulated s per wall s and core, %llu "
      "events%s\n",
      std::string(scenario.name).c_str(), static_cast<unsigned long long>(tally.lives), elapsed(),
      60 * static_cast<double>(tally.lives) / elapsed(), static_cast<unsigned long long>(tally.failed),
      tally.life_wall_seconds > 0 ? tally.simulated_seconds / tally.life_wall_seconds : 0.0,
      static_cast<unsigned long long>(tally.events), describe_operations(tally.operations).c_str());
  print_marks(tally.marks);
  if (!failed_seeds.empty()) {
    std::sort(failed_seeds.begin(), failed_seeds.end());
    std::printf("failed seeds:");
    constexpr std::size_t seeds_shown_max = 20;
    for (std::size_t i = 0; i < std::min(failed_seeds.size(), seeds_shown_max); ++i)
      std::printf(" %llu", static_cast<unsigned long long>(failed_seeds[i]));
    std::printf("%s\n", failed_seeds.size() > seeds_shown_max ? " ..." : "");
  }
  auto missing = missing_marks(scenario, tally);
  std::printf("%s", missing.c_str());
  if (!options.junit.empty()) {
    if (!scenario.required.empty()) cases.push_back({"required marks", 0, missing});
    if (auto written = write_junit(options.junit, std::string(scenario.name), cases); !written) {
      complain(written.error());
      unwritten = true;
    }
  }
  if (store) std::printf("report: %s\n", options.report.c_str());
  if (nondeterministic) return exit_nondeterminism;
  if (tally.failed > 0 || !missing.empty()) return exit_violation;
  if (unwritten) return exit_unwritten;
  return interrupted_by != 0 ? exit_by_signal + interrupted_by : 0;
}

}  // namespace fulmar
