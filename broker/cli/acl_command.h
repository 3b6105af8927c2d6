// `fulmar acl`: lists, adds and removes entries of the access control lists.
#pragma once

#include <string>
#include <vector>

namespace fulmar {

// Returns the exit code; see client_command.h.
int acl_command(const std::vector<std::string>& arguments);

}  // namespace fulmar
