#include "broker/cluster/topic_config.h"

#include <algorithm>
#include <limits>

#include "runtime/base/assert.h"

namespace fulmar {

namespace {

constexpr std::int64_t int64_max = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t int32_max = std::numeric_limits<std::int32_t>::max();

constexpr PropertyInfo table[] = {
    {"cleanup.policy", PropertyType::list, "delete", 0, 0, "delete",
     "What becomes of old segments: delete removes those past retention."},
    {"compression.type", PropertyType::string, "producer", 0, 0, "producer",
     "The codec batches are kept in: producer keeps what the producer chose."},
    {"file.delete.delay.ms", PropertyType::int64, "60000", 0, int64_max, "",
     "Accepted for compatibility; files of a deleted topic are removed at once."},
    {"flush.messages", PropertyType::int64, "1", 1, int64_max, "",
     "After how many records a sync is forced. 1, the default here, acknowledges records once they are on stable "
     "storage; "
     "anything larger acknowledges them from the page cache."},
    {"flush.ms", PropertyType::int64, "9223372036854775807", 0, int64_max, "",
     "After how long a sync is forced, in milliseconds."},
    {"index.interval.bytes", PropertyType::int32, "4096", 0, int32_max, "",
     "How many bytes of records lie between two index entries."},
    {"max.message.bytes", PropertyType::int32, "1048588", 0, int32_max, "",
     "The largest record batch allowed, in bytes."},
    {"message.timestamp.after.max.ms", PropertyType::int64, "3600000", 0, int64_max, "",
     "How far a record's timestamp may lie ahead of the broker's clock, in milliseconds, where it is that of its "
     "creation."},
    {"message.timestamp.before.max.ms", PropertyType::int64, "9223372036854775807", 0, int64_max, "",
     "How far it may lie behind."},
    {"message.timestamp.type", PropertyType::string, "CreateTime", 0, 0, "CreateTime,LogAppendTime",
     "Whether a record's timestamp is that of its creation or that of its being appended."},
    {"min.insync.replicas", PropertyType::int32, "1", 1, int32_max, "",
     "How many replicas must be in sync for acks=all, and keep a record before it is acknowledged so: a majority does "
     "in "
     "any case. More than there are replicas means all of them."},
    {"retention.bytes", PropertyType::int64, "-1", -1, int64_max, "",
     "How many bytes a partition keeps before its oldest segments go; -1: no limit."},
    {"retention.ms", PropertyType::int64, "604800000", -1, int64_max, "",
     "How long a record is kept, in milliseconds; -1: no limit."},
    {"segment.bytes", PropertyType::int32, "1073741824", 14, int32_max, "",
     "The size at which a new segment begins, in bytes."},
    {"segment.index.bytes", PropertyType::int32, "10485760", 4, int32_max, "",
     "The largest size of a segment's index, in bytes."},
    {"segment.ms", PropertyType::int64, "604800000", 1, int64_max, "",
     "The age at which a new segment begins, in milliseconds."},
};

constexpr std::int64_t minute_ms = 60'000;

// Of one topic property, those that win come first.
constexpr struct {
  std::string_view topic;
  BrokerDefault broker;
} broker_names[] = {
    {"cleanup.policy", {"log.cleanup.policy"}},
    {"compression.type", {"compression.type"}},
    {"file.delete.delay.ms", {"log.segment.delete.delay.ms"}},
    {"flush.messages", {"log.flush.interval.messages"}},
    {"flush.ms", {"log.flush.interval.ms"}},
    {"index.interval.bytes", {"log.index.interval.bytes"}},
    {"max.message.bytes", {"message.max.bytes"}},
    {"message.timestamp.after.max.ms", {"log.message.timestamp.after.max.ms"}},
    {"message.timestamp.before.max.ms", {"log.message.timestamp.before.max.ms"}},
    {"message.timestamp.type", {"log.message.timestamp.type"}},
    {"min.insync.replicas", {"min.insync.replicas"}},
    {"retention.bytes", {"log.retention.bytes"}},
    {"retention.ms", {"log.retention.ms"}},
    {"retention.ms", {"log.retention.minutes", minute_ms}},
    {"retention.ms", {"log.retention.hours", 60 * minute_ms}},
    {"segment.bytes", {"log.segment.bytes"}},
    {"segment.index.bytes", {"log.index.size.max.bytes"}},
    {"segment.ms", {"log.roll.ms"}},
    {"segment.ms", {"log.roll.hours", 60 * minute_ms}},
};

// A number below zero means no limit in any unit.
std::string in_unit(const std::string& given, std::int64_t unit) {
  if (unit == 1 || given.starts_with('-')) return given;
  return std::to_string(parse_integer(given).value() * unit);
}

}  // namespace

std::span<const PropertyInfo> topic_properties() {
  return table;
}

std::vector<BrokerDefault> broker_defaults_of(std::string_view topic_property) {
  std::vector<BrokerDefault> found;
  for (const auto& name : broker_names)
    if (name.topic == topic_property) found.push_back(name.broker);
  ASSERT(!found.empty());
  return found;
}

std::vector<ConfigValue> config_values(const PropertyInfo& property, const Properties& topic,
                                       const Properties& broker) {
  std::vector<ConfigValue> values;
  auto add = [&](std::string_view name, const std::string& given, std::int64_t unit, ConfigSource source) {
    values.push_back({std::string(name), given, in_unit(given, unit), source});
  };
  auto inherited = broker_defaults_of(property.name);
  if (auto own = topic.find(property.name); own != topic.end())
    add(property.name, own->second, 1, ConfigSource::dynamic_topic);
  for (const auto& [name, unit] : inherited)
    if (auto set = broker.find(name); set != broker.end()) add(name, set->second, unit, ConfigSource::static_broker);
  const auto& [name, unit] = inherited.back();
  auto value = std::string(property.default_value);
  auto given = unit == 1 ? value : std::to_string(parse_integer(value).value() / unit);
  values.push_back({std::string(name), given, value, ConfigSource::built_in});
  return values;
}

Result<void> check_topic_properties(const Properties& properties) {
  for (const auto& [name, value] : properties) {
    const auto* info = find_property(table, name);
    if (!info) return fail(Errc::invalid_argument, "Unknown topic config name: " + name);
    TRY_VOID(check_property(*info, value));
  }
  return {};
}

LogConfig log_config_of(const Properties& properties, const Properties& broker) {
  auto text = [&](std::string_view name) {
    return config_values(*find_property(table, name), properties, broker).front().value;
  };
  auto number = [&](std::string_view name) { return parse_integer(text(name)).value(); };
  LogConfig config;
  config.segment_bytes = number("segment.bytes");
  config.segment_ms = number("segment.ms");
  config.segment_index_bytes = number("segment.index.bytes");
  config.index_interval_bytes = static_cast<std::int32_t>(number("index.interval.bytes"));
  config.retention_bytes = number("retention.bytes");
  config.retention_ms = number("retention.ms");
  config.flush_messages = number("flush.messages");
  config.flush_ms = number("flush.ms");
  config.max_message_bytes = static_cast<std::int32_t>(number("max.message.bytes"));
  config.timestamp_before_max_ms = number("message.timestamp.before.max.ms");
  config.timestamp_after_max_ms = number("message.timestamp.after.max.ms");
  config.min_insync_replicas = static_cast<std::int32_t>(number("min.insync.replicas"));
  config.log_append_time = text("message.timestamp.type") == "LogAppendTime";
  return config;
}

}  // namespace fulmar
