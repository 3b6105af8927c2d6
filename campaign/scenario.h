// A scenario as the campaign engine knows it: what makes a plan of a seed, and plays a life from a plan. What lives in
// it, what its faults hit and what its checkers hold it to is the affair of whoever wrote it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "checkers/base/violation.h"
#include "faults/plan.h"
#include "runtime/base/result.h"

namespace fulmar {

// A life: one scenario, played from one plan, judged by its checkers.
struct LifeResult {
  std::uint64_t trace_hash = 0;
  std::uint64_t events = 0;
  Duration simulated{0};
  std::map<std::string, std::uint64_t> operations;  // how many of each kind were begun by clients, or whoever acts
  std::map<std::string, std::uint64_t> marks;       // what it reached, how often; 0: it could have, and has not
  Violations violations;
};

struct LifeOptions {
  // Called with each line of the readable trace, if set.
  std::function<void(Instant at, std::string_view line)> trace;
};

struct Scenario {
  std::string_view name;
  std::string_view description;
  // The plan of a seed: the same for ever, and on every machine.
  Plan (*plan)(std::uint64_t seed);
  // Plays a life in this process; the same plan gives the same trace hash.
  LifeResult (*run)(const Plan& plan, const LifeOptions& options);
  // What its plans speak of.
  PlanTerms terms;
  // Whether a plan that somebody wrote or edited can be played. Errors: invalid_argument, in one sentence.
  Result<void> (*check)(const Scenario& scenario, const Plan& plan);
};

}  // namespace fulmar
