// `fulmar cluster clients`: what software the clients have, and which requests it sends.
#pragma once

#include <string>
#include <vector>

namespace fulmar {

int clients_command(const std::vector<std::string>& arguments);

}  // namespace fulmar
