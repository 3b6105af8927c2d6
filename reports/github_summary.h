// A summary as Markdown, for a job of GitHub Actions ($GITHUB_STEP_SUMMARY).
#pragma once

#include <string>

#include "reports/totals.h"

namespace fulmar {

// `seconds`: how long it took; 0 if that is not known. `missing`: the marks that were not reached and have to be, a
// line for each.
std::string github_summary(const Totals& totals, double seconds, const std::string& missing);

}  // namespace fulmar
