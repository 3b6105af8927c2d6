// What a violation's text says of machines, other things with names, and times.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "checkers/base/violation.h"

namespace fulmar {

// When a violation was seen: the latest of its time and of those that its text has, as "12.345678s". Instant::max(): it
// has none.
Instant seen_at(const Violation& violation);
// Whether the text names it: "broker3", or "broker 3", as a whole word.
bool names(std::string_view text, std::string_view name);
// The words of a text that are names of something: they have letters, and digits or '-' in them.
std::vector<std::string> names_in(std::string_view text);
// Its whole numbers of two digits or more, but for times: "12.345678s", "20 ms".
std::vector<std::string> numbers_in(std::string_view text);

}  // namespace fulmar
