#include "broker/cli/partition_operands.h"

#include <limits>

#include "broker/cluster/properties.h"

namespace fulmar {

std::optional<std::int32_t> parse_number(std::string_view text) {
  auto number = parse_integer(text);
  bool fits = number && *number >= 0 && *number <= std::numeric_limits<std::int32_t>::max();
  return fits ? std::optional(static_cast<std::int32_t>(*number)) : std::nullopt;
}

Result<std::vector<PartitionOperand>> parse_partition_operands(const std::vector<std::string>& operands) {
  std::vector<PartitionOperand> parsed;
  for (const auto& text : operands) {
    auto colon = text.find(':');  // topic names have no colon
    auto& operand = parsed.emplace_back();
    operand.topic = text.substr(0, colon);
    if (operand.topic.empty()) return fail(Errc::invalid_argument, "expected TOPIC[:PARTITION], got '" + text + "'");
    if (colon == std::string::npos) continue;
    operand.partition = parse_number(std::string_view(text).substr(colon + 1));
    if (!operand.partition)
      return fail(Errc::invalid_argument, "expected the number of a partition after the colon of " + text);
  }
  return parsed;
}

Answer<std::set<PartitionName>> find_partitions(ClusterClient& cluster, const std::vector<PartitionOperand>& operands) {
  std::set<PartitionName> found;
  for (const auto& operand : operands) {
    FULMAR_TRY(auto topic, cluster.topic(operand.topic));
    bool any = false;
    for (const auto& partition : topic.partitions) {
      if (operand.partition && *operand.partition != partition.index) continue;
      found.emplace(operand.topic, partition.index);
      any = true;
    }
    if (any) continue;
    auto name = operand.topic + ":" + std::to_string(operand.partition.value_or(0));
    return refuse(ErrorCode::unknown_topic_or_partition, "there is no partition " + name);
  }
  if (!operands.empty()) return found;
  FULMAR_TRY(auto all, all_replicas(cluster));
  for (const auto& [partition, replicas] : all) found.insert(partition);
  return found;
}

}  // namespace fulmar
