#include "faults/calm.h"

#include <algorithm>

namespace fulmar {

namespace {

constexpr std::int64_t calm_ms_min = 14'000;
constexpr std::int64_t calm_ms_max = 25'000;

// Whether the fault keeps some two nodes of the calm's core apart.
bool comes_between(const Fault& fault, const Calm& calm, const FaultWindow& window) {
  for (std::size_t a = 0; a < window.nodes.all; ++a)
    for (std::size_t b = a + 1; b < window.nodes.all; ++b)
      if (!calm.rest.contains(a) && !calm.rest.contains(b) && fault.kind->separates(fault, window.nodes, a, b))
        return true;
  return false;
}

}  // namespace

std::optional<Calm> calm_of(const Plan& plan) {
  if (plan.setting_or(settings::calm_ms, 0) == 0) return std::nullopt;
  Calm calm;
  calm.begin = Instant{} + milliseconds(plan.setting(settings::calm_from_ms));
  calm.end = calm.begin + milliseconds(plan.setting(settings::calm_ms));
  for (std::size_t node = 0; node < 64; ++node)
    if (plan.setting(settings::calm_rest) >> node & 1) calm.rest.insert(node);
  return calm;
}

bool disturbs(const Fault& fault, const Calm& calm, const FaultWindow& window) {
  if (fault.at > calm.end || fault.at + fault.duration < calm.begin) return false;
  bool target = !calm.rest.contains(fault.target);
  if (fault.kind->has_peer) return target && !calm.rest.contains(fault.peer);
  // If the target is in the core and cut off, so is one of the others in it.
  return fault.kind->separates ? comes_between(fault, calm, window) : target;
}

void choose_calm(Random random, const FaultWindow& window, std::size_t rest_max, Plan& plan) {
  auto length = (window.end - window.begin) / milliseconds(1);
  auto calm_ms = random.between(calm_ms_min, calm_ms_max);
  auto room = length - calm_ms;
  auto first = random.below(window.nodes.servers);
  bool chosen = random.chance(1, 2);
  auto from = random.between(0, std::max<std::int64_t>(room, 0));
  if (!chosen || room < 0) return;
  // A server whose disk loses data that it acknowledged is not in the core.
  auto rest = victims(plan.faults);
  for (std::size_t n = 0; n < window.nodes.servers && rest.size() < rest_max; ++n)
    rest.insert((first + n) % window.nodes.servers);
  std::int64_t mask = 0;
  for (auto node : rest) mask |= std::int64_t{1} << node;
  plan.set(settings::calm_from_ms, window.begin.ns / 1'000'000 + from);
  plan.set(settings::calm_ms, calm_ms);
  plan.set(settings::calm_rest, mask);
  auto calm = *calm_of(plan);
  std::erase_if(plan.faults, [&](const Fault& fault) { return disturbs(fault, calm, window); });
}

}  // namespace fulmar
