// `fulmar topic`: creates, lists, describes and deletes topics.
#pragma once

#include <string>
#include <vector>

namespace fulmar {

// Exit codes: see client_command.h.
int topic_command(const std::vector<std::string>& arguments);

}  // namespace fulmar
