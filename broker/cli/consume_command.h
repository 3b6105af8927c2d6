// `fulmar consume`: prints a topic's records.
#pragma once

#include <string>
#include <vector>

namespace fulmar {

// Exit code 0: the requested records are printed. Others: see client_command.h.
int consume_command(const std::vector<std::string>& arguments);

}  // namespace fulmar
