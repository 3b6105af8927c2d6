// `fulmar group`: lists, describes and deletes consumer groups, and has them go on elsewhere.
#pragma once

#include <string>
#include <vector>

namespace fulmar {

// Exit codes: see client_command.h.
int group_command(const std::vector<std::string>& arguments);

}  // namespace fulmar
