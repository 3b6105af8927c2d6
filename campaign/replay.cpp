#include "campaign/replay.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fstream>

#include "campaign/capsule_comparison.h"
#include "campaign/crash_report.h"
#include "campaign/describe.h"
#include "campaign/exit_codes.h"
#include "campaign/life_record.h"
#include "campaign/played_twice.h"
#include "campaign/running_hashes.h"
#include "campaign/stack_names.h"
#include "runtime/base/assert.h"

namespace fulmar {

namespace {

int judge_parting(bool differs, const Capsule& recorded) {
  if (!differs || !recorded_by_this_build(recorded)) return 0;
  std::printf("NONDETERMINISM: it was recorded by this very build\n");
  return exit_nondeterminism;
}

// Compares the life with the recorded one. Returns exit_nondeterminism if they should have been the same; else 0.
int compare(const LifeResult& life, const Capsule& recorded, const RunningHashes& hashes,
            const std::function<void(const LifeOptions&)>& play_again) {
  auto parting = Parting::of(recorded.trace, hashes);
  if (parting) {
    PartingWatch watch(*parting);
    play_again(watch.options());
    std::printf("%s", watch.describe().c_str());
  } else {
    std::printf("%s", describe_parting(parting).c_str());
  }
  std::printf("%s", compare_verdicts(recorded, life.violations).c_str());
  return judge_parting(parting.has_value(), recorded);
}

// The same of a life that crashed, which has no second one to look at.
int compare_crashed(const Capsule& recorded, const RunningHashes& hashes, const Violations& violations) {
  auto parting = Parting::of(recorded.trace, hashes);
  std::printf("%s%s", describe_parting(parting).c_str(), compare_verdicts(recorded, violations).c_str());
  return judge_parting(parting.has_value(), recorded);
}

int play(const Scenario& scenario, const Plan& plan, const ReplayOptions& replay, RunningHashes& hashes) {
  LifeOptions options;
  if (replay.trace)
    options.trace = [](Instant at, std::string_view line) {
      std::printf("%s %.*s\n", to_string(at).c_str(), static_cast<int>(line.size()), line.data());
    };
  options.event = [&](std::uint64_t events, Instant at, std::uint64_t hash) { hashes.note({events, at, hash}); };
  auto live = [&](const LifeOptions& how) {
    TimeLimit limit(replay.life_seconds_max);
    MemoryLimit memory(replay.life_bytes_max);
    return scenario.run(plan, how);
  };
  options.record = !replay.record_file.empty();
  std::ofstream record(replay.record_file);
  if (options.record && !record) {  // said before a life is played in vain
    std::fprintf(stderr, "%s: %s\n", replay.record_file.c_str(), strerror(errno));
    return exit_usage;
  }
  auto life = live(options);
  hashes.note({life.events, Instant{} + life.simulated, life.trace_hash});
  if (options.record) {
    record << record_to_json(plan_to_json(plan, scenario.terms), life.record);
    record.flush();
    if (!record) {
      std::fprintf(stderr, "%s: can't be written\n", replay.record_file.c_str());
      return exit_unwritten;
    }
  }
  auto again = live({});
  std::printf("trace hash %016llx, %llu events, %.1f simulated s%s\n", static_cast<unsigned long long>(life.trace_hash),
              static_cast<unsigned long long>(life.events), std::chrono::duration<double>(life.simulated).count(),
              describe_operations(life.operations).c_str());
  if (auto what = differ(life, again)) {
    std::printf("%s", describe(find_difference(scenario, plan, *what, replay.life_seconds_max)).c_str());
    return exit_nondeterminism;
  }
  if (replay.recorded)
    if (auto code = compare(life, *replay.recorded, hashes, live)) return code;
  if (life.violations.empty()) {
    std::printf("clean\n");
    return 0;
  }
  std::printf("%s", describe_violations(scenario, plan, life.violations,
                                        replay_command(replay.program, plan, replay.plan_file, replay.choice))
                        .c_str());
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

int replay(const Scenario& scenario, const Plan& plan, const ReplayOptions& options) {
  SharedHashes hashes;
  auto* errors = std::tmpfile();
  FULMAR_ASSERT(errors != nullptr);
  std::fflush(nullptr);
  auto child = fork();
  FULMAR_ASSERT(child >= 0);
  if (child == 0) {
    dup2(fileno(errors), STDERR_FILENO);
    report_crashes();
    auto code = play(scenario, plan, options, *hashes.get());
    if (std::fflush(stdout) != 0 || std::ferror(stdout)) {
      std::fprintf(stderr, "%s: can't write to standard output: %s\n", std::string(options.program).c_str(),
                   strerror(errno));
      code = exit_unwritten;
    }
    _exit(code);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  auto said = with_names_of_functions(content(errors));
  std::fclose(errors);
  if (!WIFSIGNALED(status)) {
    std::fputs(said.c_str(), stderr);
    return WEXITSTATUS(status);
  }
  auto signal = WTERMSIG(status);
  if (signal == SIGPIPE) std::raise(SIGPIPE);  // the reader of the trace has stopped reading
  bool hung = is_out_of_time(signal);
  bool large = is_out_of_memory(signal);
  auto text = (hung    ? out_of_time(options.life_seconds_max)
               : large ? out_of_memory(options.life_bytes_max)
                       : "the process died of signal " + std::to_string(signal) + " (" + strsignal(signal) + ")") +
              "\n" + said;
  Violations violations{{"the process lives", hung ? "hang" : large ? "memory" : "crash", text, Instant::max()}};
  auto code = 0;
  if (options.recorded && (hung || large))  // it is noticed at a random event
    std::printf("%s", compare_verdicts(*options.recorded, violations).c_str());
  else if (options.recorded)
    code = compare_crashed(*options.recorded, *hashes.get(), violations);
  std::printf("%s", describe_violations(scenario, plan, violations,
                                        replay_command(options.program, plan, options.plan_file, options.choice))
                        .c_str());
  return code != 0 ? code : exit_violation;
}

}  // namespace fulmar
