#include "campaign/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "reports/summary.h"

namespace fulmar {

namespace {

constexpr double seconds_between_lines = 10;
constexpr std::size_t columns_otherwise = 80, rows_otherwise = 24;

std::string number(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.0f", value);
  return text;
}

std::string per_minute(std::uint64_t lives, double seconds) {
  return number(seconds > 0 ? 60 * static_cast<double>(lives) / seconds : 0);
}

std::string left_text(const CampaignProgress& progress, const Totals& totals) {
  if (auto left = seconds_left(progress, totals)) return "ETA " + duration_text(*left);
  return progress.until_first_failure ? "until the first failure" : "until Ctrl-C";
}

std::string right(const std::string& text, std::size_t width) {
  return text.size() < width ? std::string(width - text.size(), ' ') + text : text;
}

std::string row(const std::string& name, std::size_t name_width, const std::vector<std::string>& cells) {
  constexpr std::size_t cell_width = 11;
  std::string text = "  " + name + std::string(name_width - std::min(name_width, name.size()), ' ');
  for (const auto& cell : cells) text += right(cell, cell_width);
  return text;
}

std::string scenario_row(const std::string& name, std::size_t name_width, const ScenarioTotals& of,
                         std::size_t marks_known) {
  double speed = of.wall_seconds > 0 ? of.simulated_seconds / of.wall_seconds : 0;
  return row(name, name_width,
             {std::to_string(of.lives), std::to_string(of.failed),
              std::to_string(of.marks_reached()) + "/" + std::to_string(marks_known), number(speed)});
}

// Does not end within a character of UTF-8.
std::string cut_to(const std::string& line, std::size_t columns) {
  if (line.size() <= columns) return line;
  auto end = columns;
  while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xc0) == 0x80) --end;
  return line.substr(0, end);
}

winsize terminal_size() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0)
    return {.ws_row = rows_otherwise, .ws_col = columns_otherwise, .ws_xpixel = 0, .ws_ypixel = 0};
  return size;
}

}  // namespace

std::optional<double> seconds_left(const CampaignProgress& progress, const Totals& totals) {
  std::optional<double> left;
  if (progress.seconds_max > 0) left = std::max(0.0, progress.seconds_max - progress.seconds);
  auto lives = static_cast<double>(totals.sum().lives);
  if (!progress.lives || lives == 0) return left;
  auto for_lives = progress.seconds / lives * std::max(0.0, *progress.lives - lives);
  return left ? std::min(*left, for_lives) : for_lives;
}

std::string progress_line(const CampaignProgress& progress, const Totals& totals) {
  auto sum = totals.sum();
  auto text = std::to_string(sum.lives) + (progress.lives ? "/" + number(*progress.lives) : "") + " lives, " +
              std::to_string(sum.failed) + " with violations";
  if (!totals.findings.empty()) text += " (" + std::to_string(totals.findings.size()) + " findings)";
  return text + ", " + number(sum.wall_seconds > 0 ? sum.simulated_seconds / sum.wall_seconds : 0) +
         " simulated s per wall s and core, " + left_text(progress, totals);
}

std::vector<std::string> screen_lines(const CampaignProgress& progress, const Totals& totals, std::size_t columns,
                                      std::size_t rows) {
  auto sum = totals.sum();
  std::vector<std::string> lines;
  lines.push_back(duration_text(progress.seconds) + "  " + std::to_string(sum.lives) +
                  (progress.lives ? " of " + number(*progress.lives) : "") + " lives, " +
                  per_minute(sum.lives, progress.seconds) + " per minute, " + left_text(progress, totals));
  std::size_t name_width = 8;
  for (const auto& name : progress.scenarios) name_width = std::max(name_width, name.size());
  lines.push_back(row("scenario", name_width, {"lives", "failing", "marks", "speed"}));
  for (const auto& name : progress.scenarios) {
    auto of = totals.scenarios.find(name);
    const auto& row_of = of == totals.scenarios.end() ? ScenarioTotals{} : of->second;
    lines.push_back(scenario_row(name, name_width, row_of, totals.marks_known(row_of)));
  }
  if (progress.scenarios.size() > 1) lines.push_back(scenario_row("all", name_width, sum, totals.marks_known(sum)));
  lines.push_back(totals.findings.empty() ? "no findings" : "findings");
  if (!totals.differing.empty())
    lines.push_back(right(std::to_string(totals.differing.size()), 8) + "  not the same when played again");
  for (const auto* finding : totals.by_lives())
    lines.push_back(right(std::to_string(finding->lives), 8) + "  " + finding->signature + " (" + finding->scenario +
                    " seed " + std::to_string(finding->seed) + ")");
  if (lines.size() > rows) lines.resize(rows);
  for (auto& line : lines) line = cut_to(line, columns);
  return lines;
}

bool is_screen() {
  const char* kind = std::getenv("TERM");
  return isatty(STDOUT_FILENO) && kind && *kind && std::string_view(kind) != "dumb";
}

void ProgressDisplay::print(const std::string& text) {
  if (text.empty()) return;
  clear();
  std::printf("%s", text.c_str());
  std::fflush(stdout);
}

void ProgressDisplay::show(const CampaignProgress& progress, const Totals& totals) {
  if (!screen_) {
    if (progress.seconds - last_line_ < seconds_between_lines) return;
    last_line_ = progress.seconds;
    std::printf("%s\n", progress_line(progress, totals).c_str());
    std::fflush(stdout);
    return;
  }
  auto size = terminal_size();
  // One column and one row less: some terminals begin a new line after the last column, and the cursor needs a row.
  auto lines = screen_lines(progress, totals, std::max(1, size.ws_col - 1), std::max(1, size.ws_row - 1));
  std::string text = lines_shown_ > 0 ? "\r\033[" + std::to_string(lines_shown_) + "A" : "";
  for (const auto& line : lines) text += line + "\033[K\n";
  std::printf("%s\033[J", text.c_str());
  std::fflush(stdout);
  lines_shown_ = lines.size();
}

void ProgressDisplay::clear() {
  if (lines_shown_ > 0) std::printf("\r\033[%zuA\033[J", lines_shown_);
  lines_shown_ = 0;
}

}  // namespace fulmar
