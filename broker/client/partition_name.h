// PartitionName: a topic's name and a partition's number.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

namespace fulmar {

using PartitionName = std::pair<std::string, std::int32_t>;

// "orders:0"
inline std::string to_string(const PartitionName& partition) {
  return partition.first + ":" + std::to_string(partition.second);
}

}  // namespace fulmar
