#include "campaign/breed.h"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <vector>

namespace fulmar {

namespace {

constexpr int changes_tried_max = 20;
constexpr int donors_tried_max = 30;

void sort_by_time(Plan& plan) {
  std::ranges::sort(plan.faults, {}, [](const Fault& one) {
    return std::tuple(one.at, one.kind->number, one.duration, one.target, one.peer, one.amount);
  });
}

Instant whole_us(Instant at) {
  return Instant{at.ns / 1000 * 1000};
}

// From the first fault's begin to the last one's end.
struct Span {
  Instant begin = Instant::max();
  Instant end;
};

Span span_of(const Plan& plan) {
  Span span;
  for (const auto& fault : plan.faults) {
    span.begin = std::min(span.begin, fault.at);
    span.end = std::max(span.end, fault.at + fault.duration);
  }
  return span;
}

// Moves the fault into the span, and shortens it if it lasts beyond.
void fit(Fault& fault, const Span& span) {
  fault.at = std::clamp(fault.at, span.begin, span.end);
  fault.duration = std::min(fault.duration, span.end - fault.at);
}

class Breeder {
 public:
  Breeder(const Scenario& scenario, const Plan& parent, const PlanChoice& choice, Random random)
      : scenario_(scenario), parent_(parent), choice_(choice), random_(random), span_(span_of(parent)) {}

  std::optional<Bred> run() {
    using Change = std::optional<Bred> (Breeder::*)();
    constexpr Change changes[] = {&Breeder::set,      &Breeder::remove,     &Breeder::move,
                                  &Breeder::retarget, &Breeder::strengthen, &Breeder::add};
    auto names = scenario_.terms.node_names(parent_);
    for (int tried = 0; tried < changes_tried_max; ++tried) {
      auto made = (this->*changes[random_.below(std::size(changes))])();
      if (!made || made->plan == parent_ || scenario_.terms.node_names(made->plan) != names) continue;
      sort_by_time(made->plan);
      if (!scenario_.check || scenario_.check(scenario_, made->plan)) return made;
    }
    return std::nullopt;
  }

 private:
  // Another seed's plan that has the same settings, with other values.
  std::optional<Plan> donor() {
    auto names = [](const Plan& plan) {
      std::vector<std::string> all;
      for (const auto& [name, value] : plan.settings) all.push_back(name);
      return all;
    };
    for (int tried = 0; tried < donors_tried_max; ++tried) {
      auto plan = plan_of(scenario_, random_.next() >> 2, choice_);
      if (names(plan) == names(parent_)) return plan;
    }
    return std::nullopt;
  }

  Fault* any_fault(Plan& plan) {
    return plan.faults.empty() ? nullptr : &plan.faults[random_.below(plan.faults.size())];
  }

  static Bred named(Plan plan, const FaultKind& kind, const char* what) {
    return {std::move(plan), "a " + std::string(kind.name) + " " + what};
  }

  std::optional<Bred> set() {
    auto other = donor();
    if (!other) return std::nullopt;
    std::vector<std::string> differing;
    for (const auto& [name, value] : other->settings)
      if (parent_.settings.at(name) != value) differing.push_back(name);
    if (differing.empty()) return std::nullopt;
    const auto& name = differing[random_.below(differing.size())];
    auto value = other->settings.at(name);
    auto plan = parent_;
    plan.settings[name] = value;
    return Bred{std::move(plan), name + "=" + std::to_string(value)};
  }

  std::optional<Bred> remove() {
    auto plan = parent_;
    auto* fault = any_fault(plan);
    if (!fault) return std::nullopt;
    const auto& kind = *fault->kind;
    plan.faults.erase(plan.faults.begin() + (fault - plan.faults.data()));
    return named(std::move(plan), kind, "removed");
  }

  std::optional<Bred> move() {
    auto plan = parent_;
    auto* fault = any_fault(plan);
    if (!fault) return std::nullopt;
    fault->at = whole_us(span_.begin + Duration(random_.between(0, (span_.end - span_.begin).count())));
    fit(*fault, span_);
    return named(std::move(plan), *fault->kind, "moved");
  }

  std::optional<Bred> retarget() {
    auto plan = parent_;
    auto* fault = any_fault(plan);
    auto nodes = scenario_.terms.node_names(plan).size();
    if (!fault || nodes == 0) return std::nullopt;
    auto& node = fault->kind->has_peer && random_.chance(1, 2) ? fault->peer : fault->target;
    node = random_.below(nodes);
    return named(std::move(plan), *fault->kind, "of another node");
  }

  std::optional<Bred> strengthen() {
    auto plan = parent_;
    auto* fault = any_fault(plan);
    if (!fault) return std::nullopt;
    auto other = donor();
    if (!other) return std::nullopt;
    auto same = std::ranges::find(other->faults, fault->kind, &Fault::kind);
    if (same == other->faults.end()) return std::nullopt;
    fault->amount = same->amount;
    fault->duration = std::max(fault->duration, same->duration);
    fit(*fault, span_);
    return named(std::move(plan), *fault->kind, "longer, or of another amount");
  }

  std::optional<Bred> add() {
    auto other = donor();
    if (!other || parent_.faults.empty()) return std::nullopt;
    auto* fault = any_fault(*other);
    if (!fault) return std::nullopt;
    auto nodes = scenario_.terms.node_names(parent_).size();
    if (fault->target >= nodes || fault->peer >= nodes) return std::nullopt;
    fit(*fault, span_);
    auto plan = parent_;
    plan.faults.push_back(*fault);
    return named(std::move(plan), *fault->kind, "added");
  }

  const Scenario& scenario_;
  const Plan& parent_;
  const PlanChoice& choice_;
  Random random_;
  Span span_;
};

}  // namespace

std::optional<Bred> breed(const Scenario& scenario, const Plan& parent, const PlanChoice& choice, Random random) {
  return Breeder(scenario, parent, choice, random).run();
}

}  // namespace fulmar
