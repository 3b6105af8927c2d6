// did_you_mean: what somebody who mistyped a name most likely meant.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fulmar {

// "; did you mean retention.ms?", if one of the names is only a slip or two away, and the nearest; else nothing. To be
// put behind the complaint that there is no such name.
std::string did_you_mean(std::string_view name, const std::vector<std::string_view>& names);

}  // namespace fulmar
