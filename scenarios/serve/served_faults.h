// ServedFaults: the faults of a session of `serve`. Those that are planned come in windows, one after the other as long
// as the session lasts, each planned from the seed's next number when it begins; others are triggered by people. Each
// has an id, and can be ended early.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "faults/injector.h"
#include "faults/plan.h"

namespace fulmar {

struct ServedFault {
  enum class State : std::uint8_t { planned, active, past, left_out };

  std::uint64_t id = 0;
  Fault fault;
  bool is_triggered = false;  // by a person; else it is planned
  State state = State::planned;
  Instant ended;  // if it is past
};

class ServedFaults {
 public:
  static constexpr std::size_t past_max = 1000;  // past ones that are remembered

  // `kinds`: of which there may be planned faults; nullopt: all of the scenario.
  ServedFaults(World& world, Injector& injector, const Plan& plan, std::optional<std::vector<std::string>> kinds);

  // Called when a fault begins, with a sentence about it.
  std::function<void(Instant at, const std::string& what)> on_fault = [](Instant, const std::string&) {};

  // Plans the first window, from `at` on; to be called once, between runs.
  void begin_windows(Instant at);

  // -- From fibers: what they do takes effect in the world's next action, at the same time.

  // Triggers a fault now, by the rules of plans; its `at` is set here. Returns its id. Errors: invalid_argument, in one
  // sentence.
  Result<std::uint64_t> trigger(Fault fault);
  // Ends an active fault. Errors: not_found; invalid_argument: it is not active, or ends by itself only.
  Result<void> end_early(std::uint64_t id);
  // Ends all active faults that can be ended early; returns how many.
  std::size_t end_all();
  // While they are paused, planned faults are left out.
  void pause() { paused_ = true; }
  void resume() { paused_ = false; }
  bool paused() const { return paused_; }

  const std::map<std::uint64_t, ServedFault>& all() const { return all_; }
  const Plan& plan() const { return plan_; }

 private:
  void plan_window(Instant from);
  std::uint64_t add(const Fault& fault, bool is_triggered);
  void begin(std::uint64_t id);
  void end(std::uint64_t id);
  void forget_old();
  std::set<std::size_t> victims_with(const Fault& fault) const;

  World& world_;
  Injector& injector_;
  const Plan& plan_;
  std::optional<std::vector<std::string>> kinds_;
  std::map<std::uint64_t, ServedFault> all_;
  std::uint64_t next_id_ = 1;
  std::uint64_t next_window_ = 0;
  std::set<std::size_t> victims_;  // the brokers whose disks may lose what they acknowledged, once chosen
  bool paused_ = false;
};

// Whether a fault of that kind ends by itself only, so that it can't be ended early.
bool ends_by_itself(const FaultKind& kind);
// "broker2 is paused for 3 s"
std::string in_words(const Fault& fault, const std::vector<std::string>& nodes);

}  // namespace fulmar
