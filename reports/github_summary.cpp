#include "reports/github_summary.h"

#include <cstdio>

#include "reports/marks.h"
#include "reports/summary.h"

namespace fulmar {

namespace {

constexpr std::size_t findings_shown_max = 30;
constexpr std::size_t description_bytes_max = 4000;  // GitHub shows a megabyte in all

// For a cell of a table, or a paragraph.
std::string escape(const std::string& text) {
  std::string safe;
  for (char c : text) {
    switch (c) {
      case '<': safe += "&lt;"; break;
      case '>': safe += "&gt;"; break;
      case '&': safe += "&amp;"; break;
      case '|':
      case '*':
      case '_':
      case '`':
      case '[':
      case '\\': safe += std::string("\\") + c; break;
      default: safe += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
    }
  }
  return safe;
}

// Text as it is; a fence that is longer than any in the text.
std::string fenced(const std::string& text) {
  std::string fence = "```";
  while (text.find(fence) != std::string::npos) fence += "`";
  return fence + "text\n" + text + (text.ends_with('\n') ? "" : "\n") + fence + "\n";
}

// Not in the middle of a character of UTF-8.
std::string beginning(const std::string& text) {
  if (text.size() <= description_bytes_max) return text;
  auto end = description_bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end) + "\n...";
}

std::string row(const std::string& name, const ScenarioTotals& of, std::size_t marks_known) {
  char text[200];
  std::snprintf(text, sizeof text, " | %llu | %llu | %zu of %zu | %.0f | %llu |\n",
                static_cast<unsigned long long>(of.lives), static_cast<unsigned long long>(of.failed),
                of.marks_reached(), marks_known, of.simulated_seconds / 3600,
                static_cast<unsigned long long>(of.played_twice));
  return "| " + escape(name) + text;
}

std::string scenarios_table(const Totals& totals) {
  std::string text =
      "| scenario | lives | failing | marks reached | simulated hours | played twice |\n|---|--:|--:|--:|--:|--:|\n";
  for (const auto& [name, of] : totals.scenarios) text += row(name, of, totals.marks_known(of));
  if (totals.scenarios.size() > 1) text += row("all", totals.sum(), totals.marks_known(totals.sum()));
  return text;
}

std::string findings_part(const Totals& totals) {
  if (totals.findings.empty()) return "";
  std::string text = "\n### Findings\n\n| lives | finding | the shortest |\n|--:|---|---|\n";
  auto findings = totals.by_lives();
  if (findings.size() > findings_shown_max) findings.resize(findings_shown_max);
  for (const auto* finding : findings)
    text +=
        "| " + std::to_string(finding->lives) + " | " + escape(finding->signature) + " | `" + finding->replay + "` |\n";
  if (totals.findings.size() > findings.size())
    text += "\n" + std::to_string(totals.findings.size() - findings.size()) + " more are in the report.\n";
  for (const auto* finding : findings)
    text += "\n<details><summary>" + escape(finding->signature) + "</summary>\n\n" +
            fenced(beginning(finding->description)) + "\n</details>\n";
  return text;
}

std::string never_reached(const Totals& totals) {
  std::string text;
  for (const auto& [name, of] : totals.scenarios) {
    std::string marks;
    for (const auto& [mark, count] : of.marks)
      if (count == 0) marks += (marks.empty() ? "" : "; ") + mark;
    if (!marks.empty()) text += "- " + escape(name) + ": " + escape(marks) + "\n";
  }
  auto of_code = code_marks_text(totals);
  if (!of_code.empty()) text += "\n" + fenced(of_code);
  return text.empty() ? "" : "\n### Never reached\n\n" + text;
}

}  // namespace

std::string github_summary(const Totals& totals, double seconds, const std::string& missing) {
  auto sum = totals.sum();
  std::string text = "## " + std::to_string(sum.lives) + " lives, ";
  text += totals.findings.empty()
              ? "no findings"
              : std::to_string(totals.findings.size()) + (totals.findings.size() == 1 ? " finding" : " findings");
  if (seconds > 0) text += ", " + duration_text(seconds);
  text += "\n\n" + scenarios_table(totals) + findings_part(totals);
  if (!totals.differing.empty()) {
    text += "\n### Not the same when played again\n";
    for (const auto& [scenario, seed, difference] : totals.differing)
      text += "\n" + escape(scenario) + " seed " + std::to_string(seed) + "\n\n" + fenced(beginning(difference));
  }
  if (!missing.empty()) text += "\n### Marks that have to be reached\n\n" + fenced(missing);
  return text + never_reached(totals);
}

}  // namespace fulmar
