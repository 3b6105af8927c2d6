// Names of topics and of their partitions' directories.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace fulmar {

// The metadata log; no topic can have this name.
inline constexpr std::string_view metadata_topic_name = "__cluster_metadata";

// The group coordinators' records.
inline constexpr std::string_view group_topic_name = "__consumer_offsets";
// The transaction coordinators' records.
inline constexpr std::string_view transaction_topic_name = "__transaction_state";
// Only coordinators write to these.
inline bool is_internal_topic(std::string_view name) {
  return name == group_topic_name || name == transaction_topic_name;
}

// Kafka's rule: 1 to 249 of a-z A-Z 0-9 . _ -, but neither "." nor "..". Returns what is wrong, or nullopt.
std::optional<std::string> invalid_topic_name(std::string_view name);

// The name of a partition's directory, "orders-0".
std::string partition_directory(std::string_view topic, int partition);
// The topic and partition of a directory with this name; nullopt: it is not a partition's.
std::optional<std::pair<std::string, std::int32_t>> partition_of_directory(std::string_view name);

}  // namespace fulmar
