// `fulmar cluster elect-leaders`: transfers partitions' leadership to their preferred leaders.
#pragma once

#include <string>
#include <vector>

namespace fulmar {

// Returns the exit code.
int elect_leaders_command(const std::vector<std::string>& arguments);

}  // namespace fulmar
