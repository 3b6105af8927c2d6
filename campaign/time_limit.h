// TimeLimit: ends this process by a signal if a life in it takes too much CPU time, so that a life that never ends is a
// violation; report_crashes() shows where it was. Waiting on a busy machine does not count.
#pragma once

#include <string>

namespace fulmar {

constexpr double life_seconds_max = 300;  // far more than any life takes, even with sanitizers on a small machine

// The limit applies while the object exists; at most one exists at a time.
class TimeLimit {
 public:
  explicit TimeLimit(double cpu_seconds);
  ~TimeLimit();
  TimeLimit(const TimeLimit&) = delete;
  TimeLimit& operator=(const TimeLimit&) = delete;
};

// Whether a process that died of this signal had exceeded the limit, and a text that says so.
bool is_out_of_time(int signal);
std::string out_of_time(double cpu_seconds);

}  // namespace fulmar
