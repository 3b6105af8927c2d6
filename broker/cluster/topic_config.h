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

// What may be set on a topic.
std::span<const PropertyInfo> topic_properties();
// A broker's property that is a topic property's default. It may count in a larger unit: log.retention.hours.
struct BrokerDefault {
  std::string_view name;
  std::int64_t unit = 1;  // in the topic property's
};
// Those of a topic property, the one that wins first; a few have none. The last has a default of its own, which is the
// topic's.
std::vector<BrokerDefault> broker_defaults_of(std::string_view topic_property);

// As the protocol numbers them (KIP-226).
enum class ConfigSource : std::int8_t {
  dynamic_topic = 1,
  dynamic_broker = 2,
  dynamic_default_broker = 3,
  static_broker = 4,
  built_in = 5,
};

// A broker's own properties, by broker names: what was set for it while it runs wins over what was set so for all
// brokers, and both over what it was started with (KIP-226). None of them may be null.
struct BrokerLayers {
  const Properties* own;
  const Properties* all;
  const Properties* started;

  // What is in force.
  Properties merged() const;
};

struct ConfigValue {
  std::string name;                  // of the property that gives it
  std::optional<std::string> given;  // as that has it; nullopt: it has none
  std::string value;                 // what that means, in the unit of the property that is asked for
  ConfigSource source;
};

// All values a topic's property has, the one in force first: the topic's, the broker's, the built-in default.
std::vector<ConfigValue> config_values(const PropertyInfo& property, const Properties& topic,
                                       const BrokerLayers& broker);
// A broker's property and those that stand in for it where it is not set, as log.retention.hours for log.retention.ms.
std::vector<std::string_view> broker_synonyms(std::string_view broker_property);

// As they are kept. Errors: invalid_argument, for an unknown name or a value it can't have.
Result<Properties> checked_topic_properties(const Properties& given);
// The configuration of a topic's logs; `properties` were checked, `broker` are what is in force of the broker's own, by
// broker names.
LogConfig log_config_of(const Properties& properties, const Properties& broker);

// The codec a topic's batches are kept in, whatever their producers chose.
struct TopicCompression {
  std::optional<Compression> codec;  // nullopt: what the producer chose
  CompressionLevels levels;

  bool operator==(const TopicCompression&) const = default;
};
TopicCompression compression_of(const Properties& properties, const Properties& broker);

}  // namespace fulmar
