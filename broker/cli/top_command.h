// `fulmar top`: what a cluster does, shown again and again: its brokers, the partitions that grow most, the groups with
// the largest lag.
#pragma once

#include <string>
#include <vector>

namespace fulmar {

int top_command(const std::vector<std::string>& arguments);

}  // namespace fulmar
