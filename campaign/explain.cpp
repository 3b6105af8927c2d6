#include "campaign/explain.h"

#include <unistd.h>

#include <cstdio>

#include "campaign/cone.h"
#include "campaign/exit_codes.h"
#include "campaign/explanation.h"
#include "campaign/nearest_neighbour.h"
#include "campaign/recorded_findings.h"

namespace fulmar {

namespace {

void print_violation(const PlayFile& file, const Violation& violation) {
  std::printf("%s: %s", violation.property.c_str(), violation.anomaly.c_str());
  if (violation.at != Instant::max()) std::printf(", at %s", to_string(violation.at).c_str());
  std::printf("\n  %s\n", violation.text.c_str());
  auto nodes = file.scenario->terms.node_names(file.plan);
  std::printf("\nThe faults of its plan:\n");
  for (const auto& fault : file.plan.faults) std::printf("  %s\n", to_string(fault, nodes).c_str());
}

}  // namespace

int explain(const PlayFile& file, const ExplainOptions& options) {
  const auto& limits = options.no_return.limits;
  auto life = run_in_worker(limits, {.scenario = file.scenario, .plan = file.plan});
  if (!life) return exit_by_signal + life.error();
  const auto* violation = violation_of(file, *life);
  if (!violation) {
    std::fprintf(stderr, "%s: the life is clean, so there is nothing to explain\n",
                 std::string(options.program).c_str());
    return exit_usage;
  }
  auto signature = signature_of(*violation);
  print_violation(file, *violation);
  std::fflush(stdout);

  auto cone = find_cone(*file.scenario, file.plan, *violation,
                        {.lines = options.lines, .life_seconds_max = limits.life_seconds_max});
  std::printf("\nWhat could have mattered to it:\n%s", describe(cone).c_str());
  std::fflush(stdout);

  auto neighbours = find_nearest_neighbour(*file.scenario, file.plan, signature, limits);
  if (neighbours.interrupted_by != 0) return exit_by_signal + neighbours.interrupted_by;
  std::printf("\nThe nearest life that passes:\n%s", neighbours.nearest
                                                         ? describe(*neighbours.nearest).c_str()
                                                         : "none: it fails without any one of its faults\n");
  std::fflush(stdout);

  bool terminal = isatty(STDERR_FILENO);
  auto found =
      find_no_return(*file.scenario, file.plan, signature, violation->at, options.no_return, [&](std::uint64_t played) {
        if (!terminal) return;
        std::fprintf(stderr, "\r\033[K%llu futures played", static_cast<unsigned long long>(played));
        std::fflush(stderr);
      });
  if (terminal) std::fprintf(stderr, "\r\033[K");
  if (found.interrupted_by != 0) return exit_by_signal + found.interrupted_by;
  std::printf("\nThe moment of no return: %d futures each, with other random streams from that moment on\n%s",
              options.no_return.futures, describe(found).c_str());
  std::fflush(stdout);
  return options.found ? options.found(*life, reported(cone, neighbours.nearest, found)) : 0;
}

}  // namespace fulmar
