// The configuration of a topic: Kafka's names, with the broker's values as defaults.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "broker/cluster/properties.h"
#include "broker/log/log_config.h"
#include "broker/protocol/compressor.h"

namespace fulmar {

// The properties that can be set on a topic.
std::span<const PropertyInfo> topic_properties();
// A broker property that is a topic property's default, perhaps in a larger unit: log.retention.hours.
struct BrokerDefault {
  std::string_view name;
  std::int64_t unit = 1;  // in units of the topic property
};
// The defaults of a topic property, the first that is set wins; a few properties have none. The last has a built-in
// default, which is the topic's.
std::vector<BrokerDefault> broker_defaults_of(std::string_view topic_property);

// As the protocol numbers them (KIP-226).
enum class ConfigSource : std::int8_t {
  dynamic_topic = 1,
  dynamic_broker = 2,
  dynamic_default_broker = 3,
  static_broker = 4,
  built_in = 5,
  group = 8,
};

// A broker's properties, by broker names: its own dynamic ones win over the cluster-wide dynamic ones, and both over
// its configuration file (KIP-226). None of the pointers may be null.
struct BrokerLayers {
  const Properties* own;
  const Properties* all;
  const Properties* started;

  // The values in force.
  Properties merged() const;
};

struct ConfigValue {
  std::string name;                  // of the property that has the value
  std::optional<std::string> given;  // as given there; nullopt: the default
  std::string value;                 // in the unit of the property asked for
  ConfigSource source;
};

// All values of a topic property, the one in force first: the topic's, the broker's, the built-in default.
std::vector<ConfigValue> config_values(const PropertyInfo& property, const Properties& topic,
                                       const BrokerLayers& broker);
// A broker property and those that replace it if it is not set, such as log.retention.hours for log.retention.ms.
std::vector<std::string_view> broker_synonyms(std::string_view broker_property);

// The properties in stored form. Errors: invalid_argument, for an unknown name or a value that is not allowed.
Result<Properties> checked_topic_properties(const Properties& given);
// The configuration of a topic's logs. `properties` were checked; `broker`: the broker properties in force, by broker
// names.
LogConfig log_config_of(const Properties& properties, const Properties& broker);

// The codec in which a topic's batches are stored.
struct TopicCompression {
  std::optional<Compression> codec;  // nullopt: the producer's choice
  CompressionLevels levels;

  bool operator==(const TopicCompression&) const = default;
};
// Of a topic; arguments as for log_config_of().
TopicCompression compression_of(const Properties& properties, const Properties& broker);

}  // namespace fulmar
