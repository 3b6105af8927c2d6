// The summary of one or several campaigns, for a terminal.
#pragma once

#include <string>

#include "reports/totals.h"

namespace fulmar {

// Lines for each scenario: its lives and the marks they have reached and never reached; then the findings, each with
// its number of lives and the shortest of them. `seconds`: how long it took; 0 if that is not known.
std::string summary_text(const Totals& totals, double seconds);

// "12 s", "3:05", "1:02:03".
std::string duration_text(double seconds);

}  // namespace fulmar
