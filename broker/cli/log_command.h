// fulmar log: looks at, and mends, the files of a broker that is stopped.
#pragma once

#include <string>
#include <vector>

namespace fulmar {

// check, dump, salvage. Exit codes: 0 all is well, or done; 1 damage was found, or it could not be done; 2 the command
// line is wrong.
int log_command(const std::vector<std::string>& arguments);

}  // namespace fulmar
