// TimeLimit: ends this process by a signal if a life in it takes too long, so that one that never ends is seen as such;
// report_crashes() lets it show where it was. Only CPU time counts: a busy machine is no fault of the life's.
#pragma once

#include <string>

namespace fulmar {

constexpr double life_seconds_max = 300;  // far beyond any life; sanitizers and small machines included

// For as long as it lives; there can be one at a time.
class TimeLimit {
 public:
  explicit TimeLimit(double cpu_seconds);
  ~TimeLimit();
  TimeLimit(const TimeLimit&) = delete;
  TimeLimit& operator=(const TimeLimit&) = delete;
};

// Whether a process that died of the signal was out of time, and how that is said.
bool is_out_of_time(int signal);
std::string out_of_time(double cpu_seconds);

}  // namespace fulmar
