// A life: one scenario, played from one plan, judged by the checkers.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "checkers/history.h"
#include "faults/plan.h"

namespace fulmar {

struct LifeResult {
  std::uint64_t trace_hash = 0;
  std::uint64_t events = 0;
  Duration simulated{0};
  std::size_t sends = 0;
  std::size_t reads = 0;
  std::map<std::string, std::uint64_t> marks;  // see marks.h; and how many faults of each kind began
  Violations violations;
};

struct LifeOptions {
  // Called with each line of the readable trace, if set.
  std::function<void(Instant at, std::string_view line)> trace;
};

struct Scenario {
  std::string_view name;
  std::string_view description;
  Plan (*plan)(std::uint64_t seed);
  LifeResult (*run)(const Plan& plan, const LifeOptions& options);
};

std::span<const Scenario> all_scenarios();
const Scenario* find_scenario(std::string_view name);

}  // namespace fulmar
