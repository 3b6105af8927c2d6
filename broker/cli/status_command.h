// `fulmar cluster status`: shows the brokers, the controllers, and the partitions that are offline or have too few
// replicas in sync.
#pragma once

#include <string>
#include <vector>

namespace fulmar {

int status_command(const std::vector<std::string>& arguments);

}  // namespace fulmar
