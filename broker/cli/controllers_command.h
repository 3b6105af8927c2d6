// `fulmar cluster controllers`.
#pragma once

#include <string>
#include <vector>

namespace fulmar {

int controllers_command(const std::vector<std::string>& arguments);

}  // namespace fulmar
