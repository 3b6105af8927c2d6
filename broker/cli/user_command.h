// fulmar user: who authenticates with SCRAM.
#pragma once

#include <string>
#include <vector>

namespace fulmar {

int user_command(const std::vector<std::string>& arguments);

}  // namespace fulmar
