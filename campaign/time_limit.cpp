#include "campaign/time_limit.h"

#include <sys/time.h>

#include <csignal>
#include <cstdio>

#include "runtime/base/assert.h"

namespace fulmar {

namespace {

constexpr double again_seconds = 5;  // if the first signal has not ended the process

timeval time_of(double seconds) {
  auto whole = static_cast<time_t>(seconds);
  return {whole, static_cast<suseconds_t>((seconds - static_cast<double>(whole)) * 1e6)};
}

void set_timer(const itimerval& timer) {
  FULMAR_ASSERT(setitimer(ITIMER_PROF, &timer, nullptr) == 0);
}

}  // namespace

TimeLimit::TimeLimit(double cpu_seconds) {
  set_timer({time_of(again_seconds), time_of(cpu_seconds)});
}

TimeLimit::~TimeLimit() {
  set_timer({});
}

bool is_out_of_time(int signal) {
  return signal == SIGPROF;
}

std::string out_of_time(double cpu_seconds) {
  char text[100];
  std::snprintf(text, sizeof text, "the life took more than %.0f s of CPU time", cpu_seconds);
  return text;
}

}  // namespace fulmar
