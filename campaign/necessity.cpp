#include "campaign/necessity.h"

#include <map>

#include "campaign/verify.h"

namespace fulmar {

namespace {

// What lives without a fault showed.
struct Outcome {
  std::map<std::string, int> verdicts;
  std::optional<PlayedLife> failing;
  int interrupted_by = 0;
};

Outcome play_without(const Scenario& scenario, const Plan& without, const Signature& signature,
                     const WorkerLimits& limits) {
  Outcome outcome;
  std::uint64_t given = 0;
  auto next = [&]() -> std::optional<LifeOrder> {
    if (outcome.failing || given == Necessity::lives) return std::nullopt;
    auto n = given++;
    return LifeOrder{.scenario = &scenario, .plan = n == 0 ? without : neighbour_of(without, n)};
  };
  // Of two that fail, the nearer one, whichever ends first.
  auto seed = [](const PlayedLife& played) {
    return played.order.plan.branches.empty() ? 0 : played.order.plan.branches.front().seed;
  };
  auto done = [&](const PlayedLife& played) {
    if (find_violation(played.life.violations, signature)) {
      if (!outcome.failing || seed(played) < seed(*outcome.failing)) outcome.failing = played;
      return;
    }
    auto verdict = signature_of(played.life.violations);
    ++outcome.verdicts[verdict ? "violate " + to_string(*verdict) : "are clean"];
  };
  outcome.interrupted_by = run_in_workers(limits, next, done, [] {});
  return outcome;
}

std::string describe(const Outcome& outcome) {
  std::string text = "without it, of " + std::to_string(Necessity::lives) + " lives";
  const char* separator = " ";
  for (const auto& [verdict, count] : outcome.verdicts) {
    text += separator + std::to_string(count) + " " + verdict;
    separator = ", ";
  }
  return text;
}

}  // namespace

std::optional<Plan> without_fault(const Scenario& scenario, const Plan& plan, std::size_t n) {
  auto without = plan;
  without.faults.erase(without.faults.begin() + static_cast<std::ptrdiff_t>(n));
  if (scenario.check && !scenario.check(scenario, without)) return std::nullopt;
  return without;
}

Necessity judge_necessity(const Scenario& scenario, const Plan& plan, const Signature& signature,
                          const WorkerLimits& limits, const std::function<bool()>& go_on) {
  Necessity necessity;
  auto nodes = scenario.terms.node_names(plan);
  for (std::size_t i = 0; i < plan.faults.size(); ++i) {
    auto without = without_fault(scenario, plan, i);
    auto& text = necessity.texts.emplace_back(to_string(plan.faults[i], nodes) + ": ");
    if (!without) {
      text += "there is no such life without it";
      continue;
    }
    if (necessity.interrupted_by != 0 || !go_on()) {
      text += "not judged, as time was over";
      continue;
    }
    auto outcome = play_without(scenario, *without, signature, limits);
    necessity.interrupted_by = outcome.interrupted_by;
    if (outcome.failing) {
      text += "not necessary";
      necessity.fails_without = std::move(outcome.failing);
      return necessity;
    }
    text += outcome.interrupted_by != 0 ? "not judged, as it was interrupted" : describe(outcome);
  }
  return necessity;
}

}  // namespace fulmar
