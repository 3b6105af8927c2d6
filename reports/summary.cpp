#include "reports/summary.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "reports/marks.h"

namespace fulmar {

namespace {

constexpr std::size_t findings_shown_max = 30;

// What lives have reached, and what none has.
// Without the marks of the code.
std::string reached_text(const Totals& totals, const std::map<std::string, std::uint64_t>& marks) {
  std::vector<std::string> words;
  for (const auto& [mark, count] : marks)
    if (count > 0 && !std::ranges::binary_search(totals.code_marks, mark))
      words.push_back(mark + " " + std::to_string(count) + ";");
  return in_lines("reached:", words);
}

std::string never_reached_text(const std::map<std::string, std::uint64_t>& marks) {
  std::vector<std::string> words;
  for (const auto& [mark, count] : marks)
    if (count == 0) words.push_back(mark + ";");
  return words.empty() ? "" : in_lines("never reached:", words);
}

std::string lives_text(const std::string& name, const ScenarioTotals& of, double seconds) {
  char text[300];
  std::string took;
  if (seconds > 0) {
    std::snprintf(text, sizeof text, " in %.1f s (%.0f per minute)", seconds,
                  60 * static_cast<double>(of.lives) / seconds);
    took = text;
  }
  std::snprintf(
      text, sizeof text, ": %llu lives%s, %llu with violations; %.0f simulated s per wall s and core, %llu events",
      static_cast<unsigned long long>(of.lives), took.c_str(), static_cast<unsigned long long>(of.failed),
      of.wall_seconds > 0 ? of.simulated_seconds / of.wall_seconds : 0.0, static_cast<unsigned long long>(of.events));
  return name + text;
}

std::string operations_text(const ScenarioTotals& of) {
  std::string text;
  for (const auto& [kind, count] : of.operations) text += ", " + std::to_string(count) + " " + kind;
  return text;
}

std::string failed_text(const ScenarioTotals& of) {
  if (of.failed_seeds.empty()) return "";
  std::string text = "failed seeds:";
  for (auto seed : of.failed_seeds) text += " " + std::to_string(seed);
  return text + (of.failed > of.failed_seeds.size() ? " ...\n" : "\n");
}

std::string findings_text(const Totals& totals) {
  if (totals.findings.empty()) return "";
  std::string text = "findings: " + std::to_string(totals.findings.size()) + "\n";
  std::size_t shown = 0;
  for (const auto* finding : totals.by_lives()) {
    if (shown++ == findings_shown_max)
      return text + "  ... and " + std::to_string(totals.findings.size() - findings_shown_max) + " more\n";
    text += "  " + std::to_string(finding->lives) + (finding->lives == 1 ? " life: " : " lives: ") +
            finding->signature + "; the shortest: " + finding->scenario + " seed " + std::to_string(finding->seed) +
            "\n    " + finding->replay + "\n";
  }
  return text;
}

}  // namespace

std::string duration_text(double seconds) {
  auto whole = static_cast<unsigned long long>(std::llround(std::max(0.0, seconds)));
  char text[60];
  if (whole < 60)
    std::snprintf(text, sizeof text, "%llu s", whole);
  else if (whole < 3600)
    std::snprintf(text, sizeof text, "%llu:%02llu", whole / 60, whole % 60);
  else
    std::snprintf(text, sizeof text, "%llu:%02llu:%02llu", whole / 3600, whole / 60 % 60, whole % 60);
  return text;
}

std::string summary_text(const Totals& totals, double seconds) {
  std::string text;
  bool several = totals.scenarios.size() > 1;
  for (const auto& [name, of] : totals.scenarios) {
    text += lives_text(name, of, seconds) + (several ? "" : operations_text(of)) + "\n";
    if (!several) text += reached_text(totals, of.marks);
    text += never_reached_text(of.marks) + failed_text(of);
  }
  if (several) {
    auto sum = totals.sum();
    text += lives_text("all", sum, seconds) + operations_text(sum) + "\n" + reached_text(totals, sum.marks);
  }
  text += code_marks_text(totals);
  for (const auto& [scenario, seed, difference] : totals.differing)
    text += scenario + " seed " + std::to_string(seed) + ": " + difference;
  return text + findings_text(totals);
}

}  // namespace fulmar
