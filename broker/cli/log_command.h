// `fulmar log`: checks, prints and repairs the files of a stopped broker.
#pragma once

#include <string>
#include <vector>

namespace fulmar {

// check, dump, salvage, upgrade. Exit codes: 0 no damage, or done; 1 damage was found, or it failed; 2 the command line
// is wrong.
int log_command(const std::vector<std::string>& arguments);

}  // namespace fulmar
