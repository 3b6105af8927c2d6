#include "campaign/played_twice.h"

#include <cstdio>

#include "campaign/traced_life.h"

namespace fulmar {

namespace {

constexpr int tries = 2;
constexpr const char* no_more_lines = "(the life has ended)";

std::string hex(std::uint64_t number) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(number));
  return text;
}

std::string verdict(const LifeResult& life) {
  return life.violations.empty() ? "clean"
                                 : std::to_string(life.violations.size()) + " violations, the first of which is " +
                                       life.violations.front().property + ": " + life.violations.front().anomaly;
}

using Counts = std::map<std::string, std::uint64_t>;

std::optional<std::string> differing_count(const char* of, const Counts& first, const Counts& second) {
  Counts all = first;
  all.insert(second.begin(), second.end());
  auto count = [](const Counts& counts, const std::string& name) {
    auto found = counts.find(name);
    return found == counts.end() ? std::string("not there") : std::to_string(found->second);
  };
  for (const auto& [name, unused] : all)
    if (auto a = count(first, name), b = count(second, name); a != b)
      return of + (" '" + name + "' ") + a + ", then " + b;
  return std::nullopt;
}

}  // namespace

std::optional<std::string> differ(const LifeResult& first, const LifeResult& second) {
  if (first.trace_hash != second.trace_hash)
    return "trace hash " + hex(first.trace_hash) + ", then " + hex(second.trace_hash);
  if (first.events != second.events)
    return std::to_string(first.events) + " events, then " + std::to_string(second.events);
  if (first.violations != second.violations) return verdict(first) + ", then " + verdict(second);
  if (auto mark = differing_count("mark", first.marks, second.marks)) return mark;
  return differing_count("operation", first.operations, second.operations);
}

LifeDifference find_difference(const Scenario& scenario, const Plan& plan, const std::string& what,
                               double life_seconds_max) {
  LifeDifference difference{.what = what, .number = 0, .first = {}, .second = {}};
  for (int i = 0; i < tries; ++i) {
    TracedLife one(scenario, plan, life_seconds_max);
    TracedLife other(scenario, plan, life_seconds_max, true);
    for (std::uint64_t number = 1;; ++number) {
      auto first = one.next(), second = other.next();
      if (first == second && first) continue;
      if (!first && !second) break;
      difference.number = number;
      difference.first = first ? to_string(*first) : no_more_lines;
      difference.second = second ? to_string(*second) : no_more_lines;
      return difference;
    }
  }
  return difference;
}

std::string describe(const LifeDifference& difference) {
  auto text = "NONDETERMINISM: the same plan gave " + difference.what + "\n";
  if (difference.number == 0)
    return text + "    the traces of " + std::to_string(2 * tries) + " more lives of it were equal\n";
  return text + "    the traces differ first in line " + std::to_string(difference.number) + ":\n    " +
         difference.first + "\n    " + difference.second + "\n";
}

}  // namespace fulmar
