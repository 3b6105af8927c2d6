#include "scenarios/serve/served_faults.h"

#include <algorithm>

#include "faults/kinds.h"
#include "faults/planner.h"
#include "scenarios/cluster_life.h"
#include "scenarios/fault_mixes.h"
#include "scenarios/node_names.h"
#include "scenarios/plan_check.h"
#include "scenarios/plan_settings.h"

namespace fulmar {

namespace {

// Larger jumps would have brokers refuse what clients send as from the future, or delete it all as too old, as
// promised.
constexpr std::int64_t clock_jump_ms_max = 30 * 60 * 1000;

}  // namespace

bool ends_by_itself(const FaultKind& kind) {
  const FaultKind* all[] = {&faults::flap, &faults::clog, &faults::cut_after_transfer, &faults::cut_from_controller,
                            &faults::reset};
  return std::ranges::find(all, &kind) != std::end(all);
}

ServedFaults::ServedFaults(World& world, Injector& injector, const Plan& plan,
                           std::optional<std::vector<std::string>> kinds)
    : world_(world), injector_(injector), plan_(plan), kinds_(std::move(kinds)) {}

void ServedFaults::begin_windows(Instant at) {
  injector_.at(at, [this, at] { plan_window(at); });
}

void ServedFaults::plan_window(Instant from) {
  const auto& mix = fault_mix_of(plan_.scenario);
  auto window = fault_window(plan_);
  window.end = from + (window.end - window.begin);
  window.begin = from;
  if (mix.takes_promises) window.victims_max = victims_max(plan_);
  auto random = Random(plan_.seed + next_window_++).split(plan_.scenario).split("served faults");
  for (auto& fault : plan_faults(random, window, mix.shapes)) {
    if (kinds_ && std::ranges::find(*kinds_, fault.kind->name) == kinds_->end()) continue;
    // The same brokers' disks are hurt in all windows, since it is not known when they have recovered.
    if (fault.kind->takes_promises) {
      if (victims_.size() < window.victims_max) victims_.insert(fault.target);
      if (!victims_.contains(fault.target)) fault.target = *victims_.begin();
    }
    if (fault.kind == &faults::clock_jump) fault.amount %= clock_jump_ms_max;
    add(fault, false);
  }
  injector_.at(window.end, [this, at = window.end] { plan_window(at); });
  forget_old();
}

std::uint64_t ServedFaults::add(const Fault& fault, bool is_triggered) {
  auto id = next_id_++;
  all_[id] = {.id = id, .fault = fault, .is_triggered = is_triggered, .ended = {}};
  injector_.at(fault.at, [this, id] { begin(id); });
  return id;
}

void ServedFaults::begin(std::uint64_t id) {
  auto& served = all_.at(id);
  if (served.state != ServedFault::State::planned) return;
  if (paused_ && !served.is_triggered) {
    served.state = ServedFault::State::left_out;
    return;
  }
  served.state = ServedFault::State::active;
  on_fault(world_.now(), in_words(served.fault, node_names(plan_)));
  injector_.begin(served.fault);
  injector_.at(world_.now() + served.fault.duration, [this, id] { end(id); });
}

void ServedFaults::end(std::uint64_t id) {
  auto found = all_.find(id);
  if (found == all_.end() || found->second.state != ServedFault::State::active) return;
  auto& served = found->second;
  served.state = ServedFault::State::past;
  served.ended = world_.now();
  injector_.end(served.fault);
}

void ServedFaults::forget_old() {
  auto is_over = [](const auto& entry) {
    return entry.second.state == ServedFault::State::past || entry.second.state == ServedFault::State::left_out;
  };
  auto over = static_cast<std::size_t>(std::ranges::count_if(all_, is_over));
  std::erase_if(all_, [&](const auto& entry) { return is_over(entry) && over > past_max && over-- > 0; });
}

std::set<std::size_t> ServedFaults::victims_with(const Fault& fault) const {
  auto all = victims_;
  if (fault.kind->takes_promises) all.insert(fault.target);
  return all;
}

Result<std::uint64_t> ServedFaults::trigger(Fault fault) {
  fault.at = world_.now();
  Plan alone{.scenario = plan_.scenario, .seed = plan_.seed, .settings = plan_.settings, .faults = {fault}};
  FULMAR_TRY_VOID(check_fault(alone, 0));
  auto hurt = victims_with(fault);
  if (hurt.size() > victims_max(plan_)) {
    std::string others;
    for (auto node : victims_) others += (others.empty() ? "" : " and ") + node_names(plan_)[node];
    return fail(Errc::invalid_argument,
                victims_.empty() ? "with these replication factors no broker may lose what its disk acknowledged"
                                 : "only the disk of " + others +
                                       " may lose data in this session, as more than that is not promised to survive");
  }
  victims_ = std::move(hurt);
  return add(fault, true);
}

Result<void> ServedFaults::end_early(std::uint64_t id) {
  auto found = all_.find(id);
  if (found == all_.end()) return fail(Errc::not_found, "there is no fault " + std::to_string(id));
  const auto& served = found->second;
  if (served.state != ServedFault::State::active)
    return fail(Errc::invalid_argument, "fault " + std::to_string(id) + " is not active");
  if (ends_by_itself(*served.fault.kind))
    return fail(Errc::invalid_argument,
                "a fault of kind " + std::string(served.fault.kind->name) + " can't be ended before its time");
  injector_.at(world_.now(), [this, id] { end(id); });
  return {};
}

std::size_t ServedFaults::end_all() {
  std::size_t count = 0;
  for (const auto& [id, served] : all_)
    if (served.state == ServedFault::State::active && end_early(id)) ++count;
  return count;
}

}  // namespace fulmar
