// TimeLimit: ends this process by a signal if a life in it takes too long, so that one that never ends is seen as such;
// report_crashes() lets it show where it was.
#pragma once

#include <string>

namespace fulmar {

constexpr double life_seconds_max = 300;  // far beyond any life; sanitizers and small machines included

enum class TimeOf { clock, cpu };

// For as long as it lives; there can be one at a time of each kind.
class TimeLimit {
 public:
  TimeLimit(TimeOf kind, double seconds);
  ~TimeLimit();
  TimeLimit(const TimeLimit&) = delete;
  TimeLimit& operator=(const TimeLimit&) = delete;

 private:
  TimeOf kind_;
};

// Whether a process that died of the signal was out of time, and how that is said.
bool is_out_of_time(int signal);
std::string out_of_time(TimeOf kind, double seconds);

}  // namespace fulmar
