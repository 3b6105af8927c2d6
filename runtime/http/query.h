// The texts in a URL: percent-encoded, in its path and its query.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/base/result.h"

namespace fulmar {

// A name or value of a query, as forms encode it: %XX, and '+' for a blank. Errors: invalid_argument, with a sentence;
// also if it is not UTF-8.
Result<std::string> decoded_query_text(std::string_view text);
// A piece of a path between two slashes: %XX only; the rest as above.
Result<std::string> decoded_path_segment(std::string_view text);

// "a=1&b": the parameters in their order, decoded; a value that is not there is empty. Errors: as decoded_query_text().
Result<std::vector<std::pair<std::string, std::string>>> query_parameters(std::string_view query);

}  // namespace fulmar
