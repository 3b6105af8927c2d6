// did_you_mean: suggests the name that was probably meant by a mistyped one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fulmar {

// "; did you mean retention.ms?" for the nearest of `names`, if only a slip or two away; else empty. To be appended to
// an error message about an unknown name.
std::string did_you_mean(std::string_view name, const std::vector<std::string_view>& names);

}  // namespace fulmar
