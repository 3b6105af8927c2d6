#include "campaign/nearest_neighbour.h"

#include <memory>

#include "campaign/necessity.h"
#include "campaign/running_hashes.h"
#include "campaign/traced_life.h"

namespace fulmar {

namespace {

constexpr std::size_t lines_shown = 12;  // of each side

// The lines of a life from the one on that differs: that one, and those of the account.
class Side {
 public:
  Side(const Scenario& scenario, const Plan& plan, double life_seconds_max) : life_(scenario, plan, life_seconds_max) {}

  std::optional<TracedLine> next() { return life_.next(); }
  std::vector<std::string> follow(const std::optional<TracedLine>& differs) {
    std::vector<std::string> lines;
    if (!differs) return {"(the life has ended)"};
    lines.push_back(to_string(*differs));
    while (lines.size() < lines_shown)
      if (auto line = life_.next(); !line)
        break;
      else if (line->account)
        lines.push_back(to_string(*line));
    return lines;
  }

 private:
  TracedLife life_;
};

void compare(const Scenario& scenario, const Plan& plan, const Plan& without, double life_seconds_max,
             NearestNeighbour& found) {
  Side failing(scenario, plan, life_seconds_max), passing(scenario, without, life_seconds_max);
  for (;;) {
    auto one = failing.next(), other = passing.next();
    if (one && other && one->at == other->at && one->text == other->text) {
      ++found.same_lines;
      continue;
    }
    found.failing = failing.follow(one);
    found.passing = passing.follow(other);
    return;
  }
}

}  // namespace

NeighbourSearch find_nearest_neighbour(const Scenario& scenario, const Plan& plan, const Signature& signature,
                                       const WorkerLimits& limits) {
  NeighbourSearch search;
  struct Candidate {
    std::size_t fault;
    Plan plan;
    std::unique_ptr<SharedHashes> hashes = std::make_unique<SharedHashes>();
    std::optional<Signature> verdict = {};
    bool passes = false;
  };
  SharedHashes own;
  std::vector<Candidate> candidates;
  for (std::size_t i = 0; i < plan.faults.size(); ++i)
    if (auto without = without_fault(scenario, plan, i)) candidates.push_back({i, std::move(*without)});
  std::size_t given = 0;
  auto next = [&]() -> std::optional<LifeOrder> {
    if (given > candidates.size()) return std::nullopt;
    auto n = given++;
    if (n == 0) return LifeOrder{.scenario = &scenario, .plan = plan, .hashes = own.get()};
    auto& candidate = candidates[n - 1];
    return LifeOrder{.scenario = &scenario, .plan = candidate.plan, .hashes = candidate.hashes->get()};
  };
  auto done = [&](const PlayedLife& played) {
    for (auto& candidate : candidates) {
      if (candidate.hashes->get() != played.order.hashes) continue;
      candidate.passes = !find_violation(played.life.violations, signature);
      candidate.verdict = signature_of(played.life.violations);
    }
  };
  search.interrupted_by = run_in_workers(limits, next, done, [] {});
  const Candidate* nearest = nullptr;
  std::uint64_t longest = 0;
  for (const auto& candidate : candidates) {
    if (!candidate.passes) continue;
    auto parting = Parting::of(*own.get(), *candidate.hashes->get());
    if (nearest && (!parting || parting->after <= longest)) continue;
    nearest = &candidate;
    longest = parting ? parting->after : 0;
  }
  if (!nearest || search.interrupted_by != 0) return search;
  auto& found = search.nearest.emplace();
  found.without = to_string(plan.faults[nearest->fault], scenario.terms.node_names(plan));
  found.verdict = nearest->verdict ? "fails otherwise: " + to_string(*nearest->verdict) : "is clean";
  compare(scenario, plan, nearest->plan, limits.life_seconds_max, found);
  return search;
}

std::string describe(const NearestNeighbour& neighbour) {
  auto text = "without fault " + neighbour.without + "\nthe life " + neighbour.verdict + ". The first " +
              std::to_string(neighbour.same_lines) + " lines of their traces are the same. Then\n  this life:\n";
  for (const auto& line : neighbour.failing) text += "    " + line + "\n";
  text += "  the other:\n";
  for (const auto& line : neighbour.passing) text += "    " + line + "\n";
  return text;
}

}  // namespace fulmar
