// `fulmar broker`: from a command line to a running broker.
#pragma once

#include <string>
#include <vector>

namespace fulmar {

// Exit codes: 0 stopped in order, 1 could not run, 2 the command line or the configuration is wrong.
int broker_command(const std::vector<std::string>& arguments);

}  // namespace fulmar
