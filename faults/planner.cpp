#include "faults/planner.h"

#include <algorithm>
#include <tuple>

namespace fulmar {

namespace {

// How often a kind comes, how long a fault of it lasts, and how strong it is.
struct Shape {
  FaultKind kind;
  std::uint64_t chosen_percent;  // of lives that have this kind at all
  int times_max;
  std::int64_t duration_ms_min, duration_ms_max;
  std::int64_t amount_min, amount_max;
};

constexpr Shape shapes[] = {
    {FaultKind::kill, 60, 6, 1, 3000, 0, 0},
    {FaultKind::power_loss, 60, 6, 1, 5000, 0, 0},
    {FaultKind::stop, 40, 4, 100, 3000, 0, 0},
    {FaultKind::pause, 30, 4, 100, 8000, 0, 0},
    {FaultKind::disk_slow, 30, 3, 1000, 10'000, 2, 60},
    {FaultKind::disk_stuck, 25, 3, 500, 6000, 0, 0},
    {FaultKind::disk_full, 30, 3, 500, 8000, 0, 20'000},
    {FaultKind::read_errors, 20, 2, 500, 5000, 10, 300},
    {FaultKind::write_errors, 20, 2, 500, 4000, 5, 300},
    {FaultKind::sync_errors, 30, 3, 500, 4000, 5, 500},
    {FaultKind::cut, 40, 5, 200, 12'000, 0, 2},
    {FaultKind::latency, 30, 3, 1000, 15'000, 2, 800},
    {FaultKind::clog, 30, 4, 100, 6000, 0, 0},
    {FaultKind::bandwidth, 20, 2, 1000, 8000, 5, 500},
    {FaultKind::reset, 40, 8, 0, 0, 0, 0},
    {FaultKind::refuse, 20, 3, 500, 5000, 0, 0},
    {FaultKind::clock_jump, 30, 3, 1000, 20'000, -100'000'000, 1'000'000'000},
    {FaultKind::clock_drift, 20, 1, 5000, 60'000, -300, 300},
};

}  // namespace

std::vector<Fault> plan_faults(const Random& random, const FaultWindow& window) {
  std::vector<Fault> faults;
  auto length = (window.end - window.begin).count();
  for (const auto& shape : shapes) {
    auto stream = random.split(fault_name(shape.kind));
    if (!stream.chance(shape.chosen_percent, 100)) continue;
    auto times = stream.between(1, shape.times_max);
    for (std::int64_t i = 0; i < times; ++i) {
      auto own = stream.split(static_cast<std::uint64_t>(i));
      Fault fault;
      fault.kind = shape.kind;
      fault.at = window.begin + Duration(own.between(0, length / 1000 * 9 / 10) * 1000);
      fault.duration = milliseconds(own.between(shape.duration_ms_min, shape.duration_ms_max));
      fault.duration = std::min(fault.duration, window.end - fault.at);
      fault.target = own.below(window.brokers);
      fault.peer = window.brokers + own.below(window.nodes - window.brokers);
      fault.amount = own.between(shape.amount_min, shape.amount_max);
      faults.push_back(fault);
    }
  }
  // A total order: what stands in a plan must not hang on how a library sorts equals.
  std::sort(faults.begin(), faults.end(), [](const Fault& a, const Fault& b) {
    return std::tie(a.at, a.kind, a.duration, a.peer, a.amount) < std::tie(b.at, b.kind, b.duration, b.peer, b.amount);
  });
  return faults;
}

}  // namespace fulmar
