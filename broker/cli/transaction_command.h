// `fulmar transaction`: lists, describes and aborts transactions.
#pragma once

#include <string>
#include <vector>

namespace fulmar {

// Exit codes: see client_command.h.
int transaction_command(const std::vector<std::string>& arguments);

}  // namespace fulmar
