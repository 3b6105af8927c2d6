// `fulmar cluster status`: who is there and who is not, who decides, and what is wrong with which partition.
#pragma once

#include <string>
#include <vector>

namespace fulmar {

int status_command(const std::vector<std::string>& arguments);

}  // namespace fulmar
