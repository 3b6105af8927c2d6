#include "broker/cluster/topic_config.h"

#include <algorithm>
#include <limits>

#include "runtime/base/assert.h"
#include "runtime/base/did_you_mean.h"

namespace fulmar {

namespace {

constexpr std::int64_t int64_max = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t int32_max = std::numeric_limits<std::int32_t>::max();

constexpr std::size_t value_bytes_max = 32767;  // as in Kafka

constexpr std::string_view no_tiers = "there is no tiered storage here";
constexpr std::string_view throttles_all =
    "Without effect: leader.replication.throttled.rate holds for all replicas that catch up.";

constexpr PropertyInfo table[] = {
    {"cleanup.policy", PropertyType::list, "delete", 0, 0, "delete,compact",
     "What becomes of old segments: delete removes those past retention, compact keeps only the last record of each "
     "key; or both."},
    {"compression.gzip.level", PropertyType::int32, "-1", -1, 9, "-1,1,2,3,4,5,6,7,8,9",
     "How hard gzip tries where compression.type is gzip; -1: as zlib likes it."},
    {"compression.lz4.level", PropertyType::int32, "9", 1, 17, "",
     "How hard lz4 tries where compression.type is lz4; 9 means the fast way."},
    {"compression.type", PropertyType::string, "producer", 0, 0, "producer,uncompressed,gzip,snappy,lz4,zstd",
     "The codec batches are kept in: producer keeps what the producer chose; batches in another are packed anew."},
    {"compression.zstd.level", PropertyType::int32, "3", -131072, 22, "",
     "How hard zstd tries where compression.type is zstd."},
    {"delete.retention.ms", PropertyType::int64, "86400000", 0, int64_max, "",
     "How long a record without a value (tombstone), or the marker that ends a transaction, stays in a compacted log "
     "at least, in milliseconds, from when it is compacted first."},
    {"errors.deadletterqueue.group.enable", PropertyType::boolean, "false", 0, 0, "",
     "Without effect: share groups are not served.", Effect::none},
    {"file.delete.delay.ms", PropertyType::int64, "60000", 0, int64_max, "",
     "Without effect: files of a deleted topic, and of segments past retention, are removed at once.", Effect::none},
    {"flush.messages", PropertyType::int64, "1", 1, int64_max, "",
     "After how many records a sync is forced. 1, the default here, acknowledges records once they are on stable "
     "storage; "
     "anything larger acknowledges them from the page cache."},
    {"flush.ms", PropertyType::int64, "9223372036854775807", 0, int64_max, "",
     "After how long a sync is forced, in milliseconds."},
    {"follower.replication.throttled.replicas", PropertyType::list, "", 0, 0, "", throttles_all, Effect::none},
    {"index.interval.bytes", PropertyType::int32, "4096", 0, int32_max, "",
     "How many bytes of records lie between two index entries."},
    {"leader.replication.throttled.replicas", PropertyType::list, "", 0, 0, "", throttles_all, Effect::none},
    {"local.retention.bytes", PropertyType::int64, "-2", -2, int64_max, "", no_tiers, Effect::refused},
    {"local.retention.ms", PropertyType::int64, "-2", -2, int64_max, "", no_tiers, Effect::refused},
    {"max.compaction.lag.ms", PropertyType::int64, "9223372036854775807", 1, int64_max, "",
     "After how long a record is compacted at the latest, in milliseconds, however little of the log is dirty."},
    {"max.decompressed.message.bytes", PropertyType::int32, "2147483639", 1, 2147483639, "",
     "Without effect: the bound is the broker's own.", Effect::none},
    {"max.message.bytes", PropertyType::int32, "1048588", 0, int32_max, "",
     "The largest record batch allowed, in bytes."},
    {"message.timestamp.after.max.ms", PropertyType::int64, "3600000", 0, int64_max, "",
     "How far a record's timestamp may lie ahead of the broker's clock, in milliseconds, where it is that of its "
     "creation."},
    {"message.timestamp.before.max.ms", PropertyType::int64, "9223372036854775807", 0, int64_max, "",
     "How far it may lie behind."},
    {"message.timestamp.type", PropertyType::string, "CreateTime", 0, 0, "CreateTime,LogAppendTime",
     "Whether a record's timestamp is that of its creation or that of its being appended."},
    {"min.cleanable.dirty.ratio", PropertyType::real, "0.5", 0, 1, "",
     "Which part of a log has to have come since it was compacted last for it to be compacted again."},
    {"min.compaction.lag.ms", PropertyType::int64, "0", 0, int64_max, "",
     "For how long a record is not compacted, in milliseconds."},
    {"min.insync.replicas", PropertyType::int32, "1", 1, int32_max, "",
     "How many replicas must be in sync for acks=all, and keep a record before it is acknowledged so: a majority does "
     "in "
     "any case. More than there are replicas means all of them."},
    {"preallocate", PropertyType::boolean, "false", 0, 0, "", "Without effect: files grow as they are written.",
     Effect::none},
    {"remote.copy.lag.bytes", PropertyType::int64, "-1", -1, int64_max, "", no_tiers, Effect::refused},
    {"remote.copy.lag.ms", PropertyType::int64, "0", -1, int64_max, "", no_tiers, Effect::refused},
    {"remote.log.copy.disable", PropertyType::boolean, "false", 0, 0, "", no_tiers, Effect::refused},
    {"remote.log.delete.on.disable", PropertyType::boolean, "false", 0, 0, "", no_tiers, Effect::refused},
    {"remote.storage.enable", PropertyType::boolean, "false", 0, 0, "", no_tiers, Effect::refused},
    {"retention.bytes", PropertyType::int64, "-1", -1, int64_max, "",
     "How many bytes a partition keeps before its oldest segments go; -1: no limit."},
    {"retention.ms", PropertyType::int64, "604800000", -1, int64_max, "",
     "How long a record is kept, in milliseconds; -1: no limit."},
    {"segment.bytes", PropertyType::int32, "1073741824", 14, int32_max, "",
     "The size at which a new segment begins, in bytes."},
    {"segment.index.bytes", PropertyType::int32, "10485760", 4, int32_max, "",
     "The largest size of a segment's index, in bytes."},
    {"segment.jitter.ms", PropertyType::int64, "0", 0, int64_max, "",
     "Without effect: segments of different partitions roll when each is due.", Effect::none},
    {"segment.ms", PropertyType::int64, "604800000", 1, int64_max, "",
     "The age at which a new segment begins, in milliseconds."},
    {"unclean.leader.election.enable", PropertyType::boolean, "false", 0, 0, "",
     "Without effect: a leader is never elected without a majority, so that nothing acknowledged is lost that way.",
     Effect::none},
};

constexpr std::int64_t minute_ms = 60'000;

// Of the entries for one topic property, the first that is set wins.
constexpr struct {
  std::string_view topic;
  BrokerDefault broker;
} broker_names[] = {
    {"cleanup.policy", {"log.cleanup.policy"}},
    {"compression.gzip.level", {"compression.gzip.level"}},
    {"compression.lz4.level", {"compression.lz4.level"}},
    {"compression.type", {"compression.type"}},
    {"compression.zstd.level", {"compression.zstd.level"}},
    {"delete.retention.ms", {"log.cleaner.delete.retention.ms"}},
    {"file.delete.delay.ms", {"log.segment.delete.delay.ms"}},
    {"flush.messages", {"log.flush.interval.messages"}},
    {"flush.ms", {"log.flush.interval.ms"}},
    {"index.interval.bytes", {"log.index.interval.bytes"}},
    {"local.retention.bytes", {"log.local.retention.bytes"}},
    {"local.retention.ms", {"log.local.retention.ms"}},
    {"max.compaction.lag.ms", {"log.cleaner.max.compaction.lag.ms"}},
    {"max.decompressed.message.bytes", {"max.decompressed.message.bytes"}},
    {"max.message.bytes", {"message.max.bytes"}},
    {"message.timestamp.after.max.ms", {"log.message.timestamp.after.max.ms"}},
    {"message.timestamp.before.max.ms", {"log.message.timestamp.before.max.ms"}},
    {"message.timestamp.type", {"log.message.timestamp.type"}},
    {"min.cleanable.dirty.ratio", {"log.cleaner.min.cleanable.ratio"}},
    {"min.compaction.lag.ms", {"log.cleaner.min.compaction.lag.ms"}},
    {"min.insync.replicas", {"min.insync.replicas"}},
    {"preallocate", {"log.preallocate"}},
    {"remote.copy.lag.bytes", {"log.remote.copy.lag.bytes"}},
    {"remote.copy.lag.ms", {"log.remote.copy.lag.ms"}},
    {"retention.bytes", {"log.retention.bytes"}},
    {"retention.ms", {"log.retention.ms"}},
    {"retention.ms", {"log.retention.minutes", minute_ms}},
    {"retention.ms", {"log.retention.hours", 60 * minute_ms}},
    {"segment.bytes", {"log.segment.bytes"}},
    {"segment.index.bytes", {"log.index.size.max.bytes"}},
    {"segment.jitter.ms", {"log.roll.jitter.ms"}},
    {"segment.jitter.ms", {"log.roll.jitter.hours", 60 * minute_ms}},
    {"segment.ms", {"log.roll.ms"}},
    {"segment.ms", {"log.roll.hours", 60 * minute_ms}},
    {"unclean.leader.election.enable", {"unclean.leader.election.enable"}},
};

Result<void> check_throttled_replicas(const std::string& name, std::string_view value) {
  if (value == "*") return {};
  auto is_number = [](std::string_view text) {
    auto number = parse_integer(text);
    return number && *number >= 0 && *number <= int32_max;
  };
  for (auto replica : split_list(value)) {
    auto colon = replica.find(':');
    if (colon == std::string_view::npos || !is_number(replica.substr(0, colon)) ||
        !is_number(replica.substr(colon + 1)))
      return fail(Errc::invalid_argument, "Invalid value " + std::string(value) + " for configuration " + name +
                                              ": must be * or PARTITION:BROKER,PARTITION:BROKER,...");
  }
  return {};
}

// A negative number means no limit, in any unit.
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
  return found;
}

Properties BrokerLayers::merged() const {
  Properties in_force = *started;
  for (const auto* layer : {all, own})
    for (const auto& [name, value] : *layer) in_force.insert_or_assign(name, value);
  return in_force;
}

std::vector<std::string_view> broker_synonyms(std::string_view broker_property) {
  for (const auto& name : broker_names) {
    if (name.broker.name != broker_property) continue;
    std::vector<std::string_view> found;
    for (const auto& other : broker_defaults_of(name.topic))
      if (!found.empty() || other.name == broker_property) found.push_back(other.name);
    return found;
  }
  return {broker_property};
}

std::vector<ConfigValue> config_values(const PropertyInfo& property, const Properties& topic,
                                       const BrokerLayers& broker) {
  std::vector<ConfigValue> values;
  auto add = [&](std::string_view name, const std::string& given, std::int64_t unit, ConfigSource source) {
    values.push_back({std::string(name), given, in_unit(given, unit), source});
  };
  auto inherited = broker_defaults_of(property.name);
  if (auto own = topic.find(property.name); own != topic.end())
    add(property.name, own->second, 1, ConfigSource::dynamic_topic);
  for (auto [layer, source] : {std::pair{broker.own, ConfigSource::dynamic_broker},
                               {broker.all, ConfigSource::dynamic_default_broker},
                               {broker.started, ConfigSource::static_broker}})
    for (const auto& [name, unit] : inherited)
      if (auto set = layer->find(name); set != layer->end()) add(name, set->second, unit, source);
  const auto& [name, unit] = inherited.empty() ? BrokerDefault{property.name} : inherited.back();
  auto value = std::string(property.default_value);
  auto given = unit == 1 ? value : std::to_string(parse_integer(value).value() / unit);
  values.push_back({std::string(name), given, value, ConfigSource::built_in});
  return values;
}

Result<Properties> checked_topic_properties(const Properties& given) {
  Properties properties;
  for (const auto& [name, value] : given) {
    const auto* info = find_property(table, name);
    if (!info)
      return fail(Errc::invalid_argument, "Unknown topic config name: " + name + did_you_mean(name, names_of(table)));
    if (value.size() > value_bytes_max)
      return fail(Errc::invalid_argument,
                  "The configuration value cannot be added because it exceeds the maximum value "
                  "size of " +
                      std::to_string(value_bytes_max) + " bytes.");
    FULMAR_TRY(auto kept, checked_value(*info, value));
    if (name.ends_with(".throttled.replicas")) FULMAR_TRY_VOID(check_throttled_replicas(name, kept));
    if (kept.empty() && info->effect == Effect::refused) continue;
    properties.emplace(name, std::move(kept));
  }
  return properties;
}

namespace {

// The value in force for a topic with `properties` on a broker with `broker`.
std::string effective_value(std::string_view name, const Properties& properties, const Properties& broker) {
  const Properties none;
  const BrokerLayers layers{&none, &none, &broker};
  return config_values(*find_property(table, name), properties, layers).front().value;
}

}  // namespace

LogConfig log_config_of(const Properties& properties, const Properties& broker) {
  auto text = [&](std::string_view name) { return effective_value(name, properties, broker); };
  auto number = [&](std::string_view name) { return parse_integer(text(name)).value(); };
  const auto policies = text("cleanup.policy");
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
  auto policy = split_list(policies);
  auto has = [&](std::string_view name) { return std::find(policy.begin(), policy.end(), name) != policy.end(); };
  config.deletes = has("delete");
  config.compacts = has("compact");
  config.delete_retention_ms = number("delete.retention.ms");
  config.min_cleanable_ppm = whole_units(text("min.cleanable.dirty.ratio"), 1'000'000);
  config.min_compaction_lag_ms = number("min.compaction.lag.ms");
  config.max_compaction_lag_ms = number("max.compaction.lag.ms");
  config.min_insync_replicas = static_cast<std::int32_t>(number("min.insync.replicas"));
  config.log_append_time = text("message.timestamp.type") == "LogAppendTime";
  return config;
}

TopicCompression compression_of(const Properties& properties, const Properties& broker) {
  auto text = [&](std::string_view name) { return effective_value(name, properties, broker); };
  auto number = [&](std::string_view name) { return static_cast<int>(parse_integer(text(name)).value()); };
  TopicCompression compression;
  auto type = text("compression.type");
  for (auto codec : {Compression::gzip, Compression::snappy, Compression::lz4, Compression::zstd})
    if (type == compression_name(codec)) compression.codec = codec;
  if (type == "uncompressed") compression.codec = Compression::none;
  compression.levels = {number("compression.gzip.level"), number("compression.lz4.level"),
                        number("compression.zstd.level")};
  return compression;
}

}  // namespace fulmar
