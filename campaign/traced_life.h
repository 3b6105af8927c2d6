// TracedLife: a life that is played in a process of its own, and whose readable trace is read line by line while it is
// played. It may crash: then the trace ends there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "campaign/life_process.h"
#include "campaign/scenario.h"

namespace fulmar {

struct TracedLine {
  std::uint64_t events = 0;  // of the trace, that were before it
  Instant at;
  bool account = false;  // of the short account of the life: processes, faults, log messages of level INFO and above
  std::string text;      // in one line

  bool operator==(const TracedLine&) const = default;
};

// "3.201000s broker1 starts".
std::string to_string(const TracedLine& line);

class TracedLife {
 public:
  // `another_before`: the process plays the life once before, without a trace.
  TracedLife(const Scenario& scenario, const Plan& plan, double life_seconds_max, bool another_before = false);
  ~TracedLife();
  TracedLife(const TracedLife&) = delete;
  TracedLife& operator=(const TracedLife&) = delete;

  // The next line of the trace; nullopt at its end.
  std::optional<TracedLine> next();

 private:
  LifeProcess process_;
  char* line_ = nullptr;
  std::size_t capacity_ = 0;
};

}  // namespace fulmar
