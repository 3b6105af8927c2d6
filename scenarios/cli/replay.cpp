#include "scenarios/cli/replay.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

#include "runtime/base/assert.h"
#include "scenarios/cli/campaign.h"
#include "scenarios/cli/crash_report.h"

namespace fulmar {

namespace {

constexpr int exit_violation = 1;
constexpr int exit_nondeterminism = 3;

int play(const Scenario& scenario, const Plan& plan, const std::string& plan_file, bool trace) {
  LifeOptions options;
  if (trace)
    options.trace = [](Instant at, std::string_view line) {
      std::printf("%s %.*s\n", to_string(at).c_str(), static_cast<int>(line.size()), line.data());
    };
  SeedResult result{.seed = plan.seed, .life = scenario.run(plan, options), .wall_seconds = 0};
  auto again = scenario.run(plan, {});
  std::printf("trace hash %016llx, %llu events, %.1f simulated s, %zu sends, %zu reads\n",
              static_cast<unsigned long long>(result.life.trace_hash),
              static_cast<unsigned long long>(result.life.events),
              std::chrono::duration<double>(result.life.simulated).count(), result.life.sends, result.life.reads);
  if (again.trace_hash != result.life.trace_hash) {
    std::printf("NONDETERMINISM: the same plan gave %016llx the second time\n",
                static_cast<unsigned long long>(again.trace_hash));
    return exit_nondeterminism;
  }
  if (result.life.violations.empty()) {
    std::printf("clean\n");
    return 0;
  }
  std::printf("%s", describe_violations(plan, result, replay_command(plan, plan_file)).c_str());
  return exit_violation;
}

std::string content(FILE* file) {
  std::string all;
  char buffer[4096];
  std::rewind(file);
  for (std::size_t got = 0; (got = std::fread(buffer, 1, sizeof buffer, file)) > 0;) all.append(buffer, got);
  return all;
}

}  // namespace

int replay(const Scenario& scenario, const Plan& plan, const std::string& plan_file, bool trace) {
  auto* errors = std::tmpfile();
  ASSERT(errors != nullptr);
  std::fflush(nullptr);
  auto child = fork();
  ASSERT(child >= 0);
  if (child == 0) {
    dup2(fileno(errors), STDERR_FILENO);
    report_crashes();
    auto code = play(scenario, plan, plan_file, trace);
    std::fflush(stdout);
    _exit(code);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  auto said = with_plain_names(content(errors));
  std::fclose(errors);
  if (!WIFSIGNALED(status)) {
    std::fputs(said.c_str(), stderr);
    return WEXITSTATUS(status);
  }
  auto signal = WTERMSIG(status);
  auto text = "the process died of signal " + std::to_string(signal) + " (" + strsignal(signal) + ")\n" + said;
  SeedResult result{.seed = plan.seed, .life = {}, .wall_seconds = 0};
  result.life.violations.push_back({"the process lives", "crash", text, Instant::max()});
  std::printf("%s", describe_violations(plan, result, replay_command(plan, plan_file)).c_str());
  return exit_violation;
}

}  // namespace fulmar
