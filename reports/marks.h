// The marks that lives have reached, for a terminal.
#pragma once

#include <string>
#include <vector>

#include "reports/totals.h"

namespace fulmar {

// How many marks of the code there are, and, unless they are too many, which of them no life has reached, by their
// part. Empty if there are none.
std::string code_marks_text(const Totals& totals);

// A line for each mark: how often it was reached, in how many lives.
std::string marks_table(const Totals& totals);

// Words in lines of a limited width, after `begin`.
std::string in_lines(const std::string& begin, const std::vector<std::string>& words);

}  // namespace fulmar
