#include "scenarios/cli/time_limit.h"

#include <sys/time.h>

#include <csignal>
#include <cstdio>

#include "runtime/base/assert.h"

namespace fulmar {

namespace {

constexpr double again_seconds = 5;  // should the first signal not have ended it

timeval time_of(double seconds) {
  auto whole = static_cast<time_t>(seconds);
  return {whole, static_cast<suseconds_t>((seconds - static_cast<double>(whole)) * 1e6)};
}

void set_timer(TimeOf kind, const itimerval& timer) {
  ASSERT(setitimer(kind == TimeOf::clock ? ITIMER_REAL : ITIMER_PROF, &timer, nullptr) == 0);
}

}  // namespace

TimeLimit::TimeLimit(TimeOf kind, double seconds) : kind_(kind) {
  set_timer(kind_, {time_of(again_seconds), time_of(seconds)});
}

TimeLimit::~TimeLimit() {
  set_timer(kind_, {});
}

bool is_out_of_time(int signal) {
  return signal == SIGALRM || signal == SIGPROF;
}

std::string out_of_time(TimeOf kind, double seconds) {
  char text[100];
  std::snprintf(text, sizeof text, "the life took more than %.0f s of %s", seconds,
                kind == TimeOf::clock ? "real time" : "CPU time");
  return text;
}

}  // namespace fulmar
