// What an administrator asks a cluster about the configuration of topics and brokers. Each is tried until it is
// answered for good or the client's patience ends.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "broker/client/cluster_client.h"

namespace fulmar {

// Which properties change: to these values, or to what they are where nothing is set.
using ConfigChanges = std::map<std::string, std::optional<std::string>>;

// Errors: among others UNKNOWN_TOPIC_OR_PARTITION, INVALID_CONFIG; then nothing has changed.
Answer<void> alter_topic_configs(ClusterClient& cluster, const std::string& topic, const ConfigChanges& changes);
// Of one broker, or of all of them. Errors: among others INVALID_REQUEST, where it can't be changed while brokers run.
Answer<void> alter_broker_configs(ClusterClient& cluster, std::optional<std::int32_t> broker,
                                  const ConfigChanges& changes);

struct SetConfig {
  std::string name;
  std::string value;
  std::string from;  // "broker", "all brokers", "start"
};
// What is set for a broker, in force or not, the one that wins first; or what is set for all of them, by name.
Answer<std::vector<SetConfig>> broker_configs(ClusterClient& cluster, std::optional<std::int32_t> broker);

}  // namespace fulmar
