#include "faults/planner.h"

#include <algorithm>
#include <tuple>

#include "runtime/base/assert.h"

namespace fulmar {

namespace {

// Another node, which a fault of the target may affect.
std::size_t choose_peer(Random& random, const FaultWindow& window, std::size_t target) {
  auto [servers, all] = window.nodes;
  if (servers == 1) return servers + random.below(all - servers);
  return (target + 1 + random.below(all - 1)) % all;
}

}  // namespace

std::vector<Fault> plan_faults(const Random& random, const FaultWindow& window, std::span<const FaultShape> shapes,
                               FaultDraw draw) {
  std::vector<Fault> faults;
  auto length = (window.end - window.begin).count();
  auto first_victim = random.split("victims").below(window.nodes.servers);
  for (const auto& shape : shapes) {
    auto stream = random.split(shape.kind->name);
    const bool swarm = draw == FaultDraw::swarm;
    if (swarm && !stream.chance(shape.chosen_percent, 100)) continue;
    if (shape.kind->takes_promises && window.victims_max == 0) continue;
    auto times = swarm ? stream.between(1, shape.times_max) : shape.times_max;
    // On average, a kind that is chosen has (times_max + 1) / 2 faults.
    const auto share = shape.chosen_percent * static_cast<std::uint64_t>(shape.times_max + 1);
    for (std::int64_t i = 0; i < times; ++i) {
      if (!swarm && !stream.chance(share, 200 * static_cast<std::uint64_t>(shape.times_max))) continue;
      auto own = stream.split(static_cast<std::uint64_t>(i));
      Fault fault;
      fault.kind = shape.kind;
      fault.at = window.begin + Duration(own.between(0, length / 1000 * 9 / 10) * 1000);
      fault.duration = milliseconds(own.between(shape.duration_ms_min, shape.duration_ms_max));
      fault.duration = std::min(fault.duration, window.end - fault.at);
      fault.target = shape.kind->takes_promises ? (first_victim + own.below(window.victims_max)) % window.nodes.servers
                                                : own.below(window.nodes.servers);
      fault.peer = choose_peer(own, window, fault.target);
      fault.amount = own.between(shape.amount_min, shape.amount_max);
      if (shape.draw) shape.draw(own, window, fault);
      FULMAR_ASSERT(fault.at >= window.begin && fault.at + fault.duration <= window.end);
      FULMAR_ASSERT(fault.target < window.nodes.servers && fault.peer < window.nodes.all);
      faults.push_back(fault);
    }
  }
  // A total order: the plan must not depend on how a library sorts equal elements.
  std::sort(faults.begin(), faults.end(), [](const Fault& a, const Fault& b) {
    return std::tie(a.at, a.kind->number, a.duration, a.target, a.peer, a.amount) <
           std::tie(b.at, b.kind->number, b.duration, b.target, b.peer, b.amount);
  });
  return faults;
}

std::set<std::size_t> victims(const std::vector<Fault>& faults) {
  std::set<std::size_t> found;
  for (const auto& fault : faults)
    if (fault.kind->takes_promises) found.insert(fault.target);
  return found;
}

}  // namespace fulmar
