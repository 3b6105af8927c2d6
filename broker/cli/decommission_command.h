// `fulmar cluster decommission`: removes a broker from its cluster for good.
#pragma once

#include <string>
#include <vector>

namespace fulmar {

// Returns the exit code.
int decommission_command(const std::vector<std::string>& arguments);

}  // namespace fulmar
