#include "reports/marks.h"

#include <cstdio>

namespace fulmar {

namespace {

constexpr std::size_t named_max = 150;  // of marks of the code that were never reached, in a summary

std::uint64_t count_of(const std::map<std::string, std::uint64_t>& counts, const std::string& mark) {
  auto found = counts.find(mark);
  return found == counts.end() ? 0 : found->second;
}

}  // namespace

std::string in_lines(const std::string& begin, const std::vector<std::string>& words) {
  constexpr std::size_t width_max = 110;
  std::string text, line = begin;
  for (const auto& word : words) {
    if (line.size() + 1 + word.size() > width_max) {
      text += line + "\n";
      line = " ";
    }
    line += " " + word;
  }
  return text + line + "\n";
}

std::string code_marks_text(const Totals& totals) {
  if (totals.code_marks.empty()) return "";
  auto sum = totals.sum();
  std::map<std::string, std::vector<std::string>> never;  // by the part of the code
  std::size_t reached = totals.code_marks.size();
  for (const auto& mark : totals.code_marks) {
    if (count_of(sum.marks, mark) > 0) continue;
    --reached;
    auto colon = mark.find(": ");
    auto part = colon == std::string::npos ? std::string() : mark.substr(0, colon);
    never[part].push_back(colon == std::string::npos ? mark : mark.substr(colon + 2));
  }
  auto text =
      "marks of the code: " + std::to_string(reached) + " of " + std::to_string(totals.code_marks.size()) + " reached";
  auto unreached = totals.code_marks.size() - reached;
  if (unreached > named_max) return text + "; --marks names the others\n";
  text += never.empty() ? "\n" : "; never reached:\n";
  for (auto& [part, marks] : never) {
    for (auto& mark : marks) mark += ";";
    text += in_lines("  " + part + ":", marks);
  }
  return text;
}

std::string marks_table(const Totals& totals) {
  auto sum = totals.sum();
  for (const auto& mark : totals.code_marks) sum.marks.try_emplace(mark, 0);
  std::string text = "     times     lives  mark\n";
  for (const auto& [mark, times] : sum.marks) {
    char counts[60];
    std::snprintf(counts, sizeof counts, "%10llu %9llu  ", static_cast<unsigned long long>(times),
                  static_cast<unsigned long long>(count_of(sum.lives_of_marks, mark)));
    text += (times == 0 ? "     never            " : counts) + mark + "\n";
  }
  return text;
}

}  // namespace fulmar
