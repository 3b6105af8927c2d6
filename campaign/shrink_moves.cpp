#include "campaign/shrink_moves.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <tuple>

namespace fulmar {

namespace {

// Of a setting, in one pass. Steps are never shorter than an eighth of the way, so that a setting does not crawl.
constexpr std::int64_t parts_of_the_way[] = {2, 2, 2, 4, 8};

constexpr std::size_t coarse_parts = 4;

// Calls `part(first, end)` for all of 0 .. count, then for parts of a divisor-th of it, and so on to single ones.
void for_each_part(std::size_t count, std::size_t divisor, Grain grain,
                   const std::function<void(std::size_t, std::size_t)>& part) {
  auto least = grain == Grain::coarse ? count / coarse_parts : 1;
  for (auto size = count; size > 0 && size >= least; size = size == 1 ? 0 : (size + divisor - 1) / divisor)
    for (std::size_t first = 0; first < count; first += size) part(first, std::min(first + size, count));
}

// What a plan gives, if it is another one.
std::vector<Plan> if_changed(Plan changed, const Plan& before) {
  if (changed == before) return {};
  return {std::move(changed)};
}

Instant whole_us(Instant at) {
  return Instant{at.ns / 1000 * 1000};
}

void sort_by_time(Plan& plan) {
  auto order = [](const Fault& one) {
    return std::tuple(one.at, one.kind->number, one.duration, one.target, one.peer, one.amount);
  };
  std::ranges::sort(plan.faults, {}, order);
}

// The name without its number: "broker" of "broker3".
std::string_view sort_of(std::string_view node) {
  return node.substr(0, node.find_last_not_of("0123456789") + 1);
}

// Whether a fault has anything to do with its peer.
bool uses_peer(const Fault& fault) {
  return fault.kind->has_peer;
}

// The nodes of `sort` in the order of their numbers.
std::vector<std::size_t> nodes_of(std::string_view sort, const std::vector<std::string>& names) {
  std::vector<std::size_t> nodes;
  for (std::size_t n = 0; n < names.size(); ++n)
    if (sort_of(names[n]) == sort) nodes.push_back(n);
  return nodes;
}

// The numbers that nodes have now. Those that are gone have none or, if `moved`, the nodes that faults are of come to
// be the first of their sort, so that different ones stay different if there are enough.
std::map<std::size_t, std::size_t> new_numbers(const Plan& plan, const std::vector<std::string>& before,
                                               const std::vector<std::string>& now, bool moved) {
  std::map<std::size_t, std::size_t> numbers;
  if (!moved) {
    for (std::size_t n = 0; n < before.size(); ++n)
      if (auto found = std::ranges::find(now, before[n]); found != now.end())
        numbers[n] = static_cast<std::size_t>(found - now.begin());
    return numbers;
  }
  std::set<std::size_t> used;
  for (const auto& fault : plan.faults) {
    used.insert(fault.target);
    if (uses_peer(fault)) used.insert(fault.peer);
  }
  std::map<std::string_view, std::size_t> placed;
  for (auto n : used) {
    if (n >= before.size()) continue;
    auto same = nodes_of(sort_of(before[n]), now);
    if (!same.empty()) numbers[n] = same[placed[sort_of(before[n])]++ % same.size()];
  }
  return numbers;
}

// Gives the faults of `plan`, which are of nodes named `before`, the nodes' present numbers; those of nodes that have
// none are left out. Returns whether there were any.
bool renumber_nodes(Plan& plan, const std::vector<std::string>& before, const std::vector<std::string>& now,
                    bool moved) {
  auto numbers = new_numbers(plan, before, now, moved);
  std::vector<Fault> kept;
  for (auto fault : plan.faults) {
    auto target = numbers.find(fault.target), peer = numbers.find(fault.peer);
    if (target == numbers.end() || (uses_peer(fault) && peer == numbers.end())) continue;
    fault.target = target->second;
    fault.peer = peer != numbers.end() ? peer->second : target->second;
    kept.push_back(fault);
  }
  bool gone = kept.size() < plan.faults.size();
  plan.faults = std::move(kept);
  return gone;
}

// Setting values by name; nullopt: left out.
using Values = std::map<std::string, std::optional<std::int64_t>>;

std::vector<Plan> with_settings(const Scenario& scenario, const Plan& plan, const Values& values) {
  auto changed = plan;
  for (const auto& [name, value] : values) {
    if (!plan.settings.contains(name)) continue;
    if (value)
      changed.settings[name] = *value;
    else
      changed.settings.erase(name);
  }
  if (changed == plan) return {};
  auto before = scenario.terms.node_names(plan), now = scenario.terms.node_names(changed);
  if (before == now) return {changed};
  auto moved = changed;
  bool gone = renumber_nodes(changed, before, now, false);
  if (!gone) return {changed};
  renumber_nodes(moved, before, now, true);
  return {changed, moved};
}

std::vector<const Setting*> settings_of(const Scenario& scenario, const Plan& plan) {
  std::vector<const Setting*> all;
  if (scenario.terms.settings)
    for (const auto* setting : scenario.terms.settings())
      if (plan.has(*setting) && setting != scenario.terms.end_ms) all.push_back(setting);
  return all;
}

std::string count_of(std::size_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

Move shift(const std::string& what, const Fault& from, std::function<Duration(const Plan&, std::size_t)> by) {
  return {what, [from, by = std::move(by)](const Plan& plan) {
            auto first = std::ranges::find(plan.faults, from);
            if (first == plan.faults.end()) return std::vector<Plan>{};
            auto number = static_cast<std::size_t>(first - plan.faults.begin());
            auto shifted = plan;
            for (auto i = number; i < shifted.faults.size(); ++i)
              shifted.faults[i].at = whole_us(shifted.faults[i].at - by(plan, number));
            sort_by_time(shifted);
            return if_changed(std::move(shifted), plan);
          }};
}

Move weaken(const std::string& what, const Fault& which, std::function<void(Fault&)> weaken) {
  return {what, [which, weaken = std::move(weaken)](const Plan& plan) {
            auto weaker = plan;
            auto found = std::ranges::find(weaker.faults, which);
            if (found == weaker.faults.end()) return std::vector<Plan>{};
            weaken(*found);
            return if_changed(std::move(weaker), plan);
          }};
}

}  // namespace

Moves fewer_faults(const Plan& plan, Grain grain) {
  Moves moves;
  std::vector<Fault> last_first(plan.faults.rbegin(), plan.faults.rend());
  for_each_part(last_first.size(), 2, grain, [&](std::size_t first, std::size_t end) {
    std::vector<Fault> part(last_first.begin() + static_cast<std::ptrdiff_t>(first),
                            last_first.begin() + static_cast<std::ptrdiff_t>(end));
    auto what = "without " + count_of(part.size(), "fault");
    moves.push_back({what, [part = std::move(part)](const Plan& now) {
                       auto fewer = now;
                       std::erase_if(fewer.faults,
                                     [&](const Fault& one) { return std::ranges::find(part, one) != part.end(); });
                       return if_changed(std::move(fewer), now);
                     }});
  });
  return moves;
}

Moves simplest_settings(const Scenario& scenario, const Plan& plan, Grain grain) {
  std::vector<std::pair<std::string, std::optional<std::int64_t>>> changes;
  for (const auto* setting : settings_of(scenario, plan)) {
    std::string name(setting->name);
    auto without = plan;
    without.settings.erase(name);
    if (!scenario.check || scenario.check(scenario, without))
      changes.emplace_back(name, std::nullopt);
    else if (setting->simplest && plan.setting(*setting) != *setting->simplest)
      changes.emplace_back(name, setting->simplest);
  }
  Moves moves;
  // Many at once seldom fail: what is to happen needs some of them.
  for_each_part(changes.size(), 4, grain, [&](std::size_t first, std::size_t end) {
    Values values(changes.begin() + static_cast<std::ptrdiff_t>(first),
                  changes.begin() + static_cast<std::ptrdiff_t>(end));
    auto what = values.size() == 1 ? values.begin()->first + " at its simplest"
                                   : count_of(values.size(), "setting") + " at their simplest";
    moves.push_back({what, [&scenario, values](const Plan& now) { return with_settings(scenario, now, values); }});
  });
  return moves;
}

Moves simpler_settings(const Scenario& scenario, const Plan& plan) {
  Moves moves;
  for (const auto* setting : settings_of(scenario, plan)) {
    if (!setting->simplest) continue;
    for (std::int64_t part : parts_of_the_way)
      moves.push_back({std::string(setting->name) + " nearer to its simplest",
                       [&scenario, setting, part](const Plan& now) {
                         if (!now.has(*setting)) return std::vector<Plan>{};
                         auto value = now.setting(*setting);
                         auto way = *setting->simplest - value;
                         auto step = way / part != 0 ? way / part : way > 0 ? 1 : -1;
                         if (way == 0) return std::vector<Plan>{};
                         return with_settings(scenario, now, {{std::string(setting->name), value + step}});
                       },
                       true});
  }
  return moves;
}

Moves all_faults_earlier() {
  Moves moves;
  for (int quarters : {1, 2})
    moves.push_back({quarters == 1 ? "all faults in a quarter of the time" : "all faults in half of the time",
                     [quarters](const Plan& plan) {
                       auto sooner = plan;
                       for (auto& fault : sooner.faults)
                         fault.at = whole_us(Instant{} + (fault.at - Instant{}) * quarters / 4);
                       sort_by_time(sooner);
                       return if_changed(std::move(sooner), plan);
                     },
                     true});
  return moves;
}

Moves earlier_faults(const Plan& plan) {
  Moves moves;
  for (std::size_t i = 0; i < plan.faults.size(); ++i) {
    auto gap = [](const Plan& now, std::size_t number) {
      return number == 0 ? now.faults[0].at - Instant{} : now.faults[number].at - now.faults[number - 1].at;
    };
    auto what = i == 0 ? std::string("all faults earlier")
                       : "the last " + count_of(plan.faults.size() - i, "fault") + " earlier";
    for (int part : {8, 4, 2, 1})
      moves.push_back(shift(what, plan.faults[i],
                            [=](const Plan& now, std::size_t number) { return gap(now, number) * part / 10; }));
  }
  return moves;
}

Moves weaker_faults(const Plan& plan) {
  Moves moves;
  for (const auto& fault : plan.faults) {
    auto shorter = "a shorter " + std::string(fault.kind->name);
    for (int part : {0, 1, 4})
      moves.push_back(
          weaken(shorter, fault, [part](Fault& one) { one.duration = one.duration / 8 / 1000 * 1000 * part; }));
    auto least = fault.kind->amount.min;
    if (least == AmountRange{}.min) least = 0;
    auto weaker = "a weaker " + std::string(fault.kind->name);
    moves.push_back(weaken(weaker, fault, [least](Fault& one) { one.amount = least; }));
    moves.push_back(weaken(weaker, fault, [least](Fault& one) { one.amount -= (one.amount - least) / 2; }));
  }
  return moves;
}

Moves earlier_end(const Scenario& scenario, Instant violation, Duration simulated) {
  Moves moves;
  auto end_at = [&](const std::string& what, Instant at) {
    moves.push_back({what, [end_ms = scenario.terms.end_ms, at](const Plan& plan) {
                       auto ended = plan;
                       std::erase_if(ended.faults, [&](const Fault& fault) { return fault.at > at; });
                       auto end = end_ms ? std::clamp(at.ns / 1'000'000 + 1, end_ms->min, end_ms->max) : 0;
                       if (end_ms && plan.setting_or(*end_ms, end_ms->max) > end) ended.set(*end_ms, end);
                       return if_changed(std::move(ended), plan);
                     }});
  };
  if (violation == Instant::max()) {
    if (!scenario.terms.end_ms || simulated == Duration(0)) return {};  // a crashed life's length is not known
    for (int quarters : {2, 3}) end_at("ended earlier", Instant{} + simulated * quarters / 4);
    return moves;
  }
  if (scenario.terms.end_ms) end_at("ended at the violation", violation);
  moves.push_back({"without faults after the violation", [violation](const Plan& plan) {
                     auto fewer = plan;
                     std::erase_if(fewer.faults, [&](const Fault& fault) { return fault.at > violation; });
                     return if_changed(std::move(fewer), plan);
                   }});
  return moves;
}

}  // namespace fulmar
