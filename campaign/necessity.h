// Necessity: what happens without each fault of a failing plan.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "campaign/signature.h"
#include "campaign/worker.h"

namespace fulmar {

struct Necessity {
  static constexpr int lives = 5;  // played without a fault: the same life, and neighbours

  std::vector<std::string> texts;  // for each fault of the plan: which it is, and what those lives showed
  // A life without one of the faults that fails all the same: that fault is not necessary, and the texts end with it.
  std::optional<PlayedLife> fails_without = {};
  int interrupted_by = 0;
};

// The plan without its n-th fault; nullopt: the scenario has no such life.
std::optional<Plan> without_fault(const Scenario& scenario, const Plan& plan, std::size_t n);

// Takes faults * lives plays at most. `go_on`: false ends it early; the faults that are left then have texts that say
// so.
Necessity judge_necessity(const Scenario& scenario, const Plan& plan, const Signature& signature,
                          const WorkerLimits& limits, const std::function<bool()>& go_on);

}  // namespace fulmar
