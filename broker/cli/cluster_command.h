// `fulmar cluster`: shows and changes the cluster.
#pragma once

#include <string>
#include <vector>

namespace fulmar {

// Exit codes: see client_command.h.
int cluster_command(const std::vector<std::string>& arguments);

}  // namespace fulmar
