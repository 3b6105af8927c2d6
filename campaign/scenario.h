// A scenario as the campaign engine knows it: a function that makes a plan from a seed, and one that plays a life from
// a plan. The engine knows nothing of the processes, faults and checkers in it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "campaign/life_record.h"
#include "campaign/life_view.h"
#include "checkers/base/violation.h"
#include "faults/plan.h"
#include "runtime/base/result.h"
#include "sim/happening.h"

namespace fulmar {

// The result of a life: one scenario, played from one plan and checked.
struct LifeResult {
  std::uint64_t trace_hash = 0;
  std::uint64_t events = 0;
  Duration simulated{0};
  std::map<std::string, std::uint64_t> operations;  // the number of operations of each kind that clients invoked
  std::map<std::string, std::uint64_t> marks;  // how often each mark was reached; 0: it was expected, and not reached
  // The marks of the code that were passed, with the number of events of the trace before that.
  std::map<std::string, std::uint64_t> sightings;
  std::map<std::string, Duration> times;  // measurements, in simulated time
  Violations violations;
  LifeRecord record;  // empty unless it was asked for
};

struct LifeOptions {
  // Called with each line of the readable trace, if set.
  std::function<void(Instant at, std::string_view line)> trace = {};
  // Called before each event of the trace, if set: with the number of events before it, its time, and the trace's hash
  // until then.
  std::function<void(std::uint64_t events, Instant at, std::uint64_t hash)> event = {};
  // Called with each line of a short account of the life, if set: of processes and faults, and log messages of level
  // INFO and above. Each is a line of the readable trace too, which comes next.
  std::function<void(Instant at, std::string_view line)> account = {};
  // Called with what happens in the life, in order, if set.
  std::function<void(const Happening& happening)> happening = {};
  // Called with the life once it exists, if set, and with nullptr before it ends: in between, it may be looked at from
  // within the functions above. Scenarios use ViewedLife.
  std::function<void(const LifeView* view)> view = {};
  bool record = false;  // LifeResult::record is wanted
};

// Lets a life be looked at for as long as this exists; to be destroyed before what `view` refers to.
class ViewedLife {
 public:
  ViewedLife(const LifeOptions& options, LifeView view) : tell_(options.view), view_(std::move(view)) {
    if (tell_) tell_(&view_);
  }
  ~ViewedLife() {
    if (tell_) tell_(nullptr);
  }
  ViewedLife(const ViewedLife&) = delete;
  ViewedLife& operator=(const ViewedLife&) = delete;

 private:
  std::function<void(const LifeView* view)> tell_;
  LifeView view_;
};

// A mark that a campaign of at least so many lives has to reach: otherwise it says nothing about what the mark stands
// for, and fails.
struct RequiredMark {
  std::string_view mark;
  std::uint64_t lives = 1;
};

struct Scenario;
// See plan_check.h.
Result<void> check_by_terms(const Scenario& scenario, const Plan& plan);

struct Scenario {
  std::string_view name;
  std::string_view description;
  // The plan of a seed; the same on every machine.
  Plan (*plan)(std::uint64_t seed);
  // Plays a life in this process; the same plan gives the same trace hash.
  LifeResult (*run)(const Plan& plan, const LifeOptions& options);
  // The names that its plans may use.
  PlanTerms terms;
  // Whether a plan, which may be hand-written, can be played. Errors: invalid_argument, in one sentence.
  Result<void> (*check)(const Scenario& scenario, const Plan& plan) = check_by_terms;
  std::span<const RequiredMark> required = {};
  // The plan of a seed in which every kind of fault may occur, instead of those kinds only that the seed has chosen
  // (faults/planner.h). nullptr: the scenario has no other plans.
  Plan (*plan_of_every_kind)(std::uint64_t seed) = nullptr;
};

}  // namespace fulmar
