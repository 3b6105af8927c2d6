// What a topic may be called.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace fulmar {

// Of the metadata's own log; no topic can be called so.
inline constexpr std::string_view metadata_topic_name = "__cluster_metadata";

// Of the records that the coordinators of groups keep.
inline constexpr std::string_view group_topic_name = "__consumer_offsets";
// Of those that the coordinators of transactions keep.
inline constexpr std::string_view transaction_topic_name = "__transaction_state";
// Written by coordinators alone.
inline bool is_internal_topic(std::string_view name) {
  return name == group_topic_name || name == transaction_topic_name;
}

// Kafka's rule: 1 to 249 of a-z A-Z 0-9 . _ -, but neither "." nor "..". Says what is wrong, or nullopt.
std::optional<std::string> invalid_topic_name(std::string_view name);

// The name of a partition's directory, "orders-0".
std::string partition_directory(std::string_view topic, int partition);
// The topic and the partition that a directory of this name belongs to; nullopt: it is no partition's.
std::optional<std::pair<std::string, std::int32_t>> partition_of_directory(std::string_view name);

}  // namespace fulmar
