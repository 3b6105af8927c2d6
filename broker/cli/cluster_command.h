// `fulmar cluster`: what the cluster says of itself.
#pragma once

#include <string>
#include <vector>

namespace fulmar {

// Exit codes: see client_command.h.
int cluster_command(const std::vector<std::string>& arguments);

}  // namespace fulmar
