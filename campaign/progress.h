// Progress: how far a campaign is. A terminal shows one live screen, which is drawn again and again below what is
// printed; anything else gets a line now and then.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "reports/totals.h"

namespace fulmar {

struct CampaignProgress {
  double seconds = 0;           // since the campaign began
  double seconds_max = 0;       // 0: no limit
  std::optional<double> lives;  // how many there will be, if that is known
  bool until_first_failure = false;
  std::vector<std::string> scenarios;  // also those that have no life yet
};

// Seconds until the campaign's end; nullopt if nobody can tell.
std::optional<double> seconds_left(const CampaignProgress& progress, const Totals& totals);

std::string progress_line(const CampaignProgress& progress, const Totals& totals);
// The screen: a line for the campaign, one for each scenario, and the findings, those of the most lives first. No line
// is wider than `columns`, and there are at most `rows`.
std::vector<std::string> screen_lines(const CampaignProgress& progress, const Totals& totals, std::size_t columns,
                                      std::size_t rows);

// Whether standard output is a terminal that can show a screen.
bool is_screen();

class ProgressDisplay {
 public:
  explicit ProgressDisplay(bool screen) : screen_(screen) {}
  // Prints what stays: it scrolls away above the screen.
  void print(const std::string& text);
  // Draws the screen again or, where there is none, prints a line if it is time for one.
  void show(const CampaignProgress& progress, const Totals& totals);
  // Removes the screen.
  void clear();

 private:
  bool screen_;
  std::size_t lines_shown_ = 0;
  double last_line_ = 0;
};

}  // namespace fulmar
