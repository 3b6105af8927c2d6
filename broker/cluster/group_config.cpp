#include "broker/cluster/group_config.h"

#include <limits>

#include "runtime/base/assert.h"
#include "runtime/base/did_you_mean.h"

namespace fulmar {

namespace {

constexpr std::int64_t int32_max = std::numeric_limits<std::int32_t>::max();

constexpr std::string_view session_timeout = "consumer.session.timeout.ms";
constexpr std::string_view heartbeat_interval = "consumer.heartbeat.interval.ms";

constexpr PropertyInfo table[] = {
    {heartbeat_interval, PropertyType::int32, "5000", 1, int32_max, "",
     "How often the members of this consumer group are to be heard of."},
    {session_timeout, PropertyType::int32, "45000", 1, int32_max, "",
     "A member of this consumer group that is not heard of for so long is out."},
};

// What the broker allows, unless it says otherwise.
struct Bounds {
  std::string_view property;
  std::string_view min, min_default;
  std::string_view max, max_default;
};
constexpr Bounds all_bounds[] = {
    {heartbeat_interval, "group.consumer.min.heartbeat.interval.ms", "5000", "group.consumer.max.heartbeat.interval.ms",
     "15000"},
    {session_timeout, "group.consumer.min.session.timeout.ms", "45000", "group.consumer.max.session.timeout.ms",
     "60000"},
};

std::int64_t number_of(const Properties& properties, std::string_view name, std::string_view otherwise) {
  auto set = properties.find(name);
  return parse_integer(set == properties.end() ? otherwise : set->second).value_or(0);
}

std::string broker_name(std::string_view property) {
  return "group." + std::string(property);
}

}  // namespace

std::span<const PropertyInfo> group_properties() {
  return table;
}

std::int64_t group_config_number(std::string_view name, const Properties& properties, const Properties& broker) {
  const auto* info = find_property(table, name);
  FULMAR_ASSERT(info);
  auto set = properties.find(name);
  if (set != properties.end()) return parse_integer(set->second).value_or(0);
  return number_of(broker, broker_name(name), info->default_value);
}

Result<Properties> checked_group_properties(const Properties& given, const Properties& broker) {
  Properties properties;
  for (const auto& [name, value] : given) {
    const auto* info = find_property(table, name);
    if (!info)
      return fail(Errc::invalid_argument, "Unknown group config name: " + name + did_you_mean(name, names_of(table)));
    FULMAR_TRY(auto kept, checked_value(*info, value));
    properties.emplace(name, std::move(kept));
  }
  for (const auto& bounds : all_bounds) {
    auto set = properties.find(bounds.property);
    if (set == properties.end()) continue;
    auto value = parse_integer(set->second).value_or(0);
    if (value < number_of(broker, bounds.min, bounds.min_default))
      return fail(Errc::invalid_argument,
                  std::string(bounds.property) + " must be greater than or equal to " + std::string(bounds.min));
    if (value > number_of(broker, bounds.max, bounds.max_default))
      return fail(Errc::invalid_argument,
                  std::string(bounds.property) + " must be less than or equal to " + std::string(bounds.max));
  }
  if (group_config_number(session_timeout, properties, broker) <=
      group_config_number(heartbeat_interval, properties, broker))
    return fail(Errc::invalid_argument,
                std::string(session_timeout) + " must be greater than " + std::string(heartbeat_interval));
  return properties;
}

std::vector<ConfigValue> group_config_values(const PropertyInfo& property, const Properties& group,
                                             const BrokerLayers& broker) {
  std::vector<ConfigValue> values;
  auto take = [&](const Properties& properties, const std::string& name, ConfigSource source) {
    auto set = properties.find(name);
    if (set != properties.end()) values.push_back({name, set->second, set->second, source});
  };
  take(group, std::string(property.name), ConfigSource::group);
  auto name = broker_name(property.name);
  take(*broker.own, name, ConfigSource::dynamic_broker);
  take(*broker.all, name, ConfigSource::dynamic_default_broker);
  take(*broker.started, name, ConfigSource::static_broker);
  std::string built_in(property.default_value);
  values.push_back({std::move(name), built_in, built_in, ConfigSource::built_in});
  return values;
}

}  // namespace fulmar
