#include "broker/server/config/broker_config.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <vector>

#include "broker/server/config/admin_settings.h"
#include "broker/server/config/authorizer_properties.h"
#include "broker/server/config/property_values.h"
#include "broker/server/config/sasl_settings.h"

namespace fulmar {

namespace {

constexpr std::int64_t int64_max = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t int32_max = std::numeric_limits<std::int32_t>::max();

// The default of consumer groups, group.consumer.`what`, is within what a group may be configured with.
Result<void> check_consumer_group_bounds(const std::string& what,
                                         const std::function<std::int64_t(std::string_view)>& number) {
  const std::string name = "group.consumer." + what;
  const std::string min = "group.consumer.min." + what;
  const std::string max = "group.consumer.max." + what;
  auto check_least = [&](const std::string& one, const std::string& other) -> Result<void> {
    if (number(one) < number(other))
      return invalid_value(one, std::to_string(number(one)), "must be at least " + other);
    return {};
  };
  if (auto bounds = check_least(max, min); !bounds) return bounds;
  if (auto least = check_least(name, min); !least) return least;
  if (number(name) > number(max)) return invalid_value(name, std::to_string(number(name)), "must be at most " + max);
  return {};
}

Result<std::map<std::int32_t, SocketAddress>> parse_voters(std::string_view name, std::string_view value) {
  std::map<std::int32_t, SocketAddress> voters;
  for (auto part : split_list(value)) {
    auto at = part.find('@');
    auto id = parse_integer(part.substr(0, at));
    if (at == std::string_view::npos || !id || *id < 0 || *id > int32_max)
      return invalid_value(name, value, "must be ID@HOST:PORT, with commas between");
    auto address = parse_host_port(part.substr(at + 1));
    if (!address) return invalid_value(name, value, address.error().detail);
    if (!voters.emplace(static_cast<std::int32_t>(*id), *address).second)
      return invalid_value(name, value, "names broker " + std::to_string(*id) + " twice");
  }
  return voters;
}

// Replaces older names that Kafka accepts by the newer ones; refuses values that can't be served.
Result<void> use_older_names(Properties& properties) {
  if (auto older = properties.find("broker.id"); older != properties.end()) {
    auto [newer, added] = properties.emplace("node.id", older->second);
    if (newer->second != older->second)
      return invalid_value("broker.id", older->second, "node.id says " + newer->second + "; they are the same thing");
    properties.erase(older);
  }
  for (auto name : {"log.dirs", "log.dir"})
    if (auto set = properties.find(name); set != properties.end() && set->second.contains(','))
      return invalid_value(name, set->second, "must be one directory; several are not served");
  return {};
}

// `prefix`: of the names of the group's timeouts.
Result<RaftSettings> raft_settings(const std::string& prefix, Duration election_timeout, Duration heartbeat_interval) {
  if (3 * heartbeat_interval > election_timeout)
    return invalid_value(prefix + "heartbeat.interval.ms", std::to_string(heartbeat_interval / milliseconds(1)),
                         "must be at most a third of " + prefix + "election.timeout.ms");
  RaftSettings settings;
  settings.election_timeout = election_timeout;
  settings.heartbeat_interval = heartbeat_interval;
  return settings;
}

}  // namespace

bool BrokerConfig::needs_secret() const {
  if (!internal || uses_tls(internal->protocol) || !cluster_secret.empty()) return false;
  return !is_loopback(internal->listen.host);
}

Result<BrokerConfig> BrokerConfig::from(const Properties& given) {
  FULMAR_TRY(auto properties, checked_broker_properties(given));
  FULMAR_TRY_VOID(use_older_names(properties));
  auto text = [&](std::string_view name) -> std::string_view {
    auto found = properties.find(name);
    return found != properties.end() ? std::string_view(found->second)
                                     : find_property(broker_properties(), name)->default_value;
  };
  auto number = [&](std::string_view name) { return parse_integer(text(name)).value(); };
  auto int32 = [&](std::string_view name) { return static_cast<std::int32_t>(number(name)); };
  auto duration = [&](std::string_view name) { return Duration(milliseconds(number(name))); };

  BrokerConfig config;
  config.node_id = int32("node.id");
  FULMAR_TRY(auto listeners, ListenerSettings::from(properties));
  config.listeners = std::move(listeners.clients);
  config.internal = std::move(listeners.internal);
  for (const auto& listener : config.listeners)
    if (uses_sasl(listener.protocol)) FULMAR_TRY_VOID(SaslSettings::from(properties, listener.name));
  FULMAR_TRY_VOID(token_key_source(properties, config.listeners));
  FULMAR_TRY(config.controllers, parse_voters("controller.quorum.voters", text("controller.quorum.voters")));
  if (config.internal.has_value() != !config.controllers.empty())
    return invalid_value("controller.quorum.voters", text("controller.quorum.voters"),
                         "goes with a listener INTERNAL://HOST:PORT, and none without the other");
  if (config.internal && means_any_address(config.internal->advertise)) {
    auto own = config.controllers.find(config.node_id);
    config.internal->advertise.host =
        own != config.controllers.end() ? own->second.host : config.listeners.front().advertise.host;
  }
  if (config.controllers.size() > controllers_max)
    return invalid_value(
        "controller.quorum.voters", text("controller.quorum.voters"),
        "names more than " + std::to_string(controllers_max) + " brokers; others join without being named");
  if (!text("broker.rack").empty()) config.rack = text("broker.rack");
  for (const auto& [id, address] : config.controllers)
    if (means_any_address(address))
      return invalid_value("controller.quorum.voters", text("controller.quorum.voters"),
                           "must say at which hosts they are; nobody can connect to an address that means any");
  FULMAR_TRY_VOID(AdminSettings::from(properties));  // who runs the broker takes them from there
  FULMAR_TRY(config.authorizer, authorizer_settings(properties));
  config.heartbeat_interval = duration("broker.heartbeat.interval.ms");
  config.session_timeout = duration("broker.session.timeout.ms");
  config.rebalance_leaders = text("auto.leader.rebalance.enable") == "true";
  config.rebalance_interval = seconds(number("leader.imbalance.check.interval.seconds"));
  config.auto_create_topics = text("auto.create.topics.enable") == "true";
  config.delete_topics = text("delete.topic.enable") == "true";
  config.num_partitions = int32("num.partitions");
  config.replication_factor = int32("default.replication.factor");
  config.request_bytes_max = int32("socket.request.max.bytes");
  config.connections_max = int32("max.connections");
  config.connections_per_ip_max = int32("max.connections.per.ip");
  config.peer_connections_max = int32("listener.name.internal.max.connections");
  config.connection_idle_max = duration("connections.max.idle.ms");
  config.queued_bytes_max = number("queued.max.request.bytes");
  config.answer_bytes_max = number("queued.max.response.bytes");
  config.slow_request = number("request.slow.ms") < 0 ? std::nullopt : std::optional(duration("request.slow.ms"));
  config.fetch_bytes_max = int32("fetch.max.bytes");
  config.fetch_sessions_max = int32("max.incremental.fetch.session.cache.slots");
  config.rack_aware_reads = text("replica.selector.class").ends_with(".RackAwareReplicaSelector");
  config.log_limits.producer_id_expiration = duration("producer.id.expiration.ms");
  config.log_limits.checkpoint_interval = duration("log.flush.offset.checkpoint.interval.ms");
  config.log_limits.retention_check_interval = duration("log.retention.check.interval.ms");
  config.cleaner.enabled = text("log.cleaner.enable") == "true";
  config.cleaner.backoff = duration("log.cleaner.backoff.ms");
  config.cleaner.dedupe_bytes = number("log.cleaner.dedupe.buffer.size");
  if (auto rate = whole_units(text("log.cleaner.io.max.bytes.per.second"), 1); rate != int64_max)
    config.cleaner.bytes_per_second = rate;
  config.groups.initial_rebalance_delay = milliseconds(number("group.initial.rebalance.delay.ms"));
  config.groups.session_timeout_min = milliseconds(number("group.min.session.timeout.ms"));
  config.groups.session_timeout_max = milliseconds(number("group.max.session.timeout.ms"));
  if (config.groups.session_timeout_max < config.groups.session_timeout_min)
    return invalid_value("group.max.session.timeout.ms", text("group.max.session.timeout.ms"),
                         "must be at least group.min.session.timeout.ms");
  config.groups.group_size_max = static_cast<std::size_t>(number("group.max.size"));
  config.groups.consumer_assignment_interval = milliseconds(number("group.consumer.assignment.interval.ms"));
  config.groups.consumer_heartbeat_interval = milliseconds(number("group.consumer.heartbeat.interval.ms"));
  config.groups.consumer_session_timeout = milliseconds(number("group.consumer.session.timeout.ms"));
  config.groups.consumer_group_size_max = static_cast<std::size_t>(number("group.consumer.max.size"));
  auto migration = text("group.consumer.migration.policy");
  config.groups.consumer_upgrade = migration == "bidirectional" || migration == "upgrade";
  config.groups.consumer_downgrade = migration == "bidirectional" || migration == "downgrade";
  config.groups.consumer_assignors.clear();
  for (auto name : split_list(text("group.consumer.assignors"))) config.groups.consumer_assignors.emplace_back(name);
  if (config.groups.consumer_assignors.empty())
    return invalid_value("group.consumer.assignors", text("group.consumer.assignors"), "must name at least one");
  for (const std::string what : {"heartbeat.interval.ms", "session.timeout.ms"})
    if (auto bounded = check_consumer_group_bounds(what, number); !bounded) return std::unexpected(bounded.error());
  if (config.groups.consumer_heartbeat_interval >= config.groups.consumer_session_timeout)
    return invalid_value("group.consumer.heartbeat.interval.ms", text("group.consumer.heartbeat.interval.ms"),
                         "must be less than group.consumer.session.timeout.ms");
  config.groups.offset_metadata_max = static_cast<std::size_t>(number("offset.metadata.max.bytes"));
  config.groups.commit_timeout = milliseconds(number("offsets.commit.timeout.ms"));
  config.groups.offsets_retention = milliseconds(number("offsets.retention.minutes") * 60'000);
  config.groups.offsets_retention_check_interval = milliseconds(number("offsets.retention.check.interval.ms"));
  config.group_topic = {int32("offsets.topic.num.partitions"), int32("offsets.topic.replication.factor"),
                        int32("offsets.topic.segment.bytes")};
  config.transactions.timeout_max = milliseconds(number("transaction.max.timeout.ms"));
  config.transactions.id_expiration = milliseconds(number("transactional.id.expiration.ms"));
  config.transactions.id_expiration_check_interval =
      milliseconds(number("transaction.remove.expired.transaction.cleanup.interval.ms"));
  config.transaction_topic = {int32("transaction.state.log.num.partitions"),
                              int32("transaction.state.log.replication.factor"),
                              int32("transaction.state.log.segment.bytes"), int32("transaction.state.log.min.isr")};
  config.metadata_snapshot_bytes = number("metadata.log.max.record.bytes.between.snapshots");
  config.metadata_segment_bytes = number("metadata.log.segment.bytes");
  auto raft = [&](const std::string& prefix) {
    return raft_settings(prefix, duration(prefix + "election.timeout.ms"), duration(prefix + "heartbeat.interval.ms"));
  };
  FULMAR_TRY(config.metadata_raft, raft("controller.quorum."));
  config.metadata_raft.quiesces = false;   // a single group, whose timeouts differ from those of the pulses
  config.metadata_raft.throttles = false;  // a broker serves clients only once it has caught up
  // a client's request waits until the broker that it asked has the change
  config.metadata_raft.announce_at_once = true;
  FULMAR_TRY(config.partition_raft, raft("replica."));
  config.partition_raft.replica_lag_max = duration("replica.lag.time.max.ms");
  config.partition_raft.announce_commits = config.rack_aware_reads;
  if (auto rate = number("leader.replication.throttled.rate"); rate != int64_max) config.throttled_rate = rate;
  config.properties = std::move(properties);
  return config;
}

}  // namespace fulmar
