// `fulmar cluster features`.
#pragma once

#include <string>
#include <vector>

namespace fulmar {

int features_command(const std::vector<std::string>& arguments);

}  // namespace fulmar
