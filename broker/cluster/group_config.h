// The configuration of a consumer group: Kafka's names, with the broker's values as defaults and bounds.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "broker/cluster/properties.h"
#include "broker/cluster/topic_config.h"

namespace fulmar {

// The properties that can be set on a group. Each is called "group." and its name on the broker.
std::span<const PropertyInfo> group_properties();

// The properties in stored form. `broker`: the broker properties in force; those that are not set have their defaults.
// Errors: invalid_argument, for an unknown name, a value that is not a number, or one beyond the broker's bounds
// (group.consumer.min.session.timeout.ms and the like), and for a heartbeat interval that is not less than the session
// timeout, as in Kafka.
Result<Properties> checked_group_properties(const Properties& given, const Properties& broker);

// All values of a group property, the one in force first: the group's, the broker's, the built-in default.
std::vector<ConfigValue> group_config_values(const PropertyInfo& property, const Properties& group,
                                             const BrokerLayers& broker);

// A number that holds for a group with `properties`, which were checked, on a broker with `broker`.
std::int64_t group_config_number(std::string_view name, const Properties& properties, const Properties& broker);

}  // namespace fulmar
