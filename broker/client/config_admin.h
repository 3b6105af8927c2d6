// Administrative requests about the configuration of topics, groups and brokers. Each is retried until it succeeds,
// fails for good, or the client's patience ends.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "broker/client/cluster_client.h"

namespace fulmar {

// The properties to set, and those to remove, which return to their defaults.
using ConfigChanges = std::map<std::string, std::optional<std::string>>;

// Errors: among others UNKNOWN_TOPIC_OR_PARTITION, INVALID_CONFIG; then nothing has changed.
Answer<void> alter_topic_configs(ClusterClient& cluster, const std::string& topic, const ConfigChanges& changes);
// Errors: among others INVALID_REQUEST, if the property can't be changed at run time. `broker`: none: for all brokers.
Answer<void> alter_broker_configs(ClusterClient& cluster, std::optional<std::int32_t> broker,
                                  const ConfigChanges& changes);

// Errors: among others INVALID_CONFIG; then nothing has changed.
Answer<void> alter_group_configs(ClusterClient& cluster, const std::string& group, const ConfigChanges& changes);

struct SetConfig {
  std::string name;
  std::string value;
  std::string from;  // "broker", "all brokers", "start", "default"; of a group also "group", of a topic "topic"
};
// The values set for a broker, the one in force first; or those set for all brokers, by name.
Answer<std::vector<SetConfig>> broker_configs(ClusterClient& cluster, std::optional<std::int32_t> broker);
// A property with the value in force.
struct EffectiveConfig {
  std::string name;
  std::optional<std::string> value;  // nullopt: it is secret
  std::string from;                  // as SetConfig has it
  bool changeable = false;           // at run time
};
// All properties of a topic, or of a broker. Errors: among others UNKNOWN_TOPIC_OR_PARTITION.
Answer<std::vector<EffectiveConfig>> effective_topic_configs(ClusterClient& cluster, const std::string& topic);
Answer<std::vector<EffectiveConfig>> effective_broker_configs(ClusterClient& cluster, std::int32_t broker);
// From which level on each component of a broker logs: its level, and that of those that have none ("root").
Answer<std::map<std::string, std::string>> log_levels(ClusterClient& cluster, std::int32_t broker);
// Until the broker stops. Levels are in upper or lower case; those that are removed are the root's again. Errors: among
// others INVALID_CONFIG.
Answer<void> alter_log_levels(ClusterClient& cluster, std::int32_t broker, const ConfigChanges& changes);
// The values of each property of a group, the one in force first.
Answer<std::vector<SetConfig>> group_configs(ClusterClient& cluster, const std::string& group);

}  // namespace fulmar
