// Partition operands: TOPIC means all of a topic's partitions, TOPIC:PARTITION one.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "broker/client/admin.h"

namespace fulmar {

struct PartitionOperand {
  std::string topic;
  std::optional<std::int32_t> partition;  // nullopt: all
};

// A broker's or a partition's number.
std::optional<std::int32_t> parse_number(std::string_view text);
// Errors: invalid_argument, naming the operand.
Result<std::vector<PartitionOperand>> parse_partition_operands(const std::vector<std::string>& operands);

// The partitions that the operands name; all without operands. Errors: UNKNOWN_TOPIC_OR_PARTITION, as for
// ClusterClient::topic().
Answer<std::set<PartitionName>> find_partitions(ClusterClient& cluster, const std::vector<PartitionOperand>& operands);

}  // namespace fulmar
