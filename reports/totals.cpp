#include "reports/totals.h"

#include <algorithm>

namespace fulmar {

namespace {

using Counts = std::map<std::string, std::uint64_t>;

void add_counts(Counts& to, const Counts& more) {
  for (const auto& [name, count] : more) to[name] += count;
}

}  // namespace

bool is_shorter(std::uint64_t events, std::uint64_t than) {
  return events != 0 && (than == 0 || events < than);
}

std::size_t ScenarioTotals::marks_reached() const {
  return static_cast<std::size_t>(std::ranges::count_if(marks, [](const auto& mark) { return mark.second > 0; }));
}

void Totals::add(const LifeReport& life) {
  auto& of = scenarios[life.scenario];
  ++of.lives;
  of.failed += !life.violations.empty();
  of.played_twice += life.played_twice;
  of.events += life.events;
  of.simulated_seconds += life.simulated_seconds;
  of.wall_seconds += life.wall_seconds;
  add_counts(of.operations, life.operations);
  add_counts(of.marks, life.marks);
  for (const auto& [mark, count] : life.marks)
    if (count > 0) ++of.lives_of_marks[mark];
  if (!life.difference.empty()) differing.push_back({life.scenario, life.seed, life.difference});
  if (life.violations.empty()) return;
  of.failed_seeds.insert(life.seed);
  if (of.failed_seeds.size() > ScenarioTotals::failed_seeds_max)
    of.failed_seeds.erase(std::prev(of.failed_seeds.end()));
  auto& finding = findings[life.signature];
  if (finding.lives++ > 0 && !is_shorter(life.events, finding.events)) return;
  finding.signature = life.signature;
  finding.scenario = life.scenario;
  finding.seed = life.seed;
  finding.events = life.events;
  finding.description = life.description;
  finding.replay = life.replay;
}

ScenarioTotals Totals::sum() const {
  ScenarioTotals all;
  for (const auto& [name, of] : scenarios) {
    all.lives += of.lives;
    all.failed += of.failed;
    all.played_twice += of.played_twice;
    all.events += of.events;
    all.simulated_seconds += of.simulated_seconds;
    all.wall_seconds += of.wall_seconds;
    add_counts(all.operations, of.operations);
    add_counts(all.marks, of.marks);
    add_counts(all.lives_of_marks, of.lives_of_marks);
  }
  return all;
}

std::size_t Totals::marks_known(const ScenarioTotals& of) const {
  auto told = [&](const std::string& mark) { return of.marks.contains(mark); };
  return of.marks.size() + code_marks.size() - static_cast<std::size_t>(std::ranges::count_if(code_marks, told));
}

std::vector<const Finding*> Totals::by_lives() const {
  std::vector<const Finding*> all;
  for (const auto& [signature, finding] : findings) all.push_back(&finding);
  std::ranges::sort(all, [](const Finding* a, const Finding* b) {
    return a->lives != b->lives ? a->lives > b->lives : a->signature < b->signature;
  });
  return all;
}

}  // namespace fulmar
