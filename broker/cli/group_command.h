// `fulmar group`: lists, describes and deletes consumer groups, and resets their offsets.
#pragma once

#include <string>
#include <vector>

namespace fulmar {

// Exit codes: see client_command.h.
int group_command(const std::vector<std::string>& arguments);

}  // namespace fulmar
