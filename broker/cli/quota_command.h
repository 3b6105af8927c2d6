// `fulmar quota`: how much of each broker clients may use.
#pragma once

#include <string>
#include <vector>

namespace fulmar {

// Exit codes: see client_command.h.
int quota_command(const std::vector<std::string>& arguments);

}  // namespace fulmar
