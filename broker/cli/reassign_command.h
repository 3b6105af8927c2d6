// `fulmar cluster reassign`: moves partitions to other brokers, and lists moving ones.
#pragma once

#include <string>
#include <vector>

namespace fulmar {

// Returns the exit code.
int reassign_command(const std::vector<std::string>& arguments);

}  // namespace fulmar
