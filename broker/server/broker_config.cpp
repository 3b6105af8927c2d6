#include "broker/server/broker_config.h"

#include <algorithm>
#include <limits>
#include <vector>

namespace fulmar {

namespace {

constexpr std::int64_t int64_max = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t int32_max = std::numeric_limits<std::int32_t>::max();

constexpr std::size_t voters_max = 5;  // more would make every change of the metadata slower, and nothing safer

constexpr PropertyInfo table[] = {
    {"advertised.listeners", PropertyType::string, "", 0, 0, "",
     "The address clients are told, as PLAINTEXT://HOST:PORT."},
    {"auto.create.topics.enable", PropertyType::boolean, "true", 0, 0, "",
     "Whether a topic that a client asks for and that does not exist is created."},
    {"auto.leader.rebalance.enable", PropertyType::boolean, "true", 0, 0, "",
     "Whether leaders hand over to the first of a partition's replicas, once that has kept up for a while."},
    {"broker.heartbeat.interval.ms", PropertyType::int32, "2000", 1, int32_max, "",
     "How often a broker of a cluster tells the controller that it is alive."},
    {"broker.rack", PropertyType::string, "", 0, 0, "", "Where the broker stands; replicas are spread over racks."},
    {"broker.session.timeout.ms", PropertyType::int32, "9000", 1, int32_max, "",
     "A broker that the controller has not heard of for so long is fenced: not shown to clients, given no replicas."},
    {"compression.type", PropertyType::string, "producer", 0, 0, "producer", "The codec batches are kept in."},
    {"connections.max.idle.ms", PropertyType::int64, "600000", 1, int64_max / 1'000'000, "",
     "A connection on which nothing comes for so long is closed."},
    {"controller.quorum.election.timeout.ms", PropertyType::int32, "400", 50, 600'000, "",
     "A controller that hears nothing of the one in charge for so long, up to half as long again, asks for an "
     "election; and "
     "one in charge that is not answered by a majority for so long resigns."},
    {"controller.quorum.heartbeat.interval.ms", PropertyType::int32, "80", 5, 60'000, "",
     "How often the controller in charge tells the others that it is; at most a third of the election timeout."},
    {"controller.quorum.voters", PropertyType::string, "", 0, 0, "",
     "The one to five brokers that decide about the cluster's metadata, as ID@HOST:PORT of their internal listeners, "
     "with "
     "commas between. A broker that is not among them joins their cluster."},
    {"default.replication.factor", PropertyType::int32, "1", 1, 32767, "",
     "The replication factor of a topic that does not say."},
    {"fetch.max.bytes", PropertyType::int32, "57671680", 1024, int32_max, "",
     "The most bytes a fetch is answered with."},
    {"leader.imbalance.check.interval.seconds", PropertyType::int64, "300", 1, 1'000'000'000, "",
     "How often leaders look whether another should lead; they hand over at the second look."},
    {"leader.replication.throttled.rate", PropertyType::int64, "9223372036854775807", 1, int64_max, "",
     "How many bytes of records a second the broker's leaders send, all together, to replicas that catch up and "
     "are not in sync; by default as many as they can."},
    {"listeners", PropertyType::string, "PLAINTEXT://127.0.0.1:9092", 0, 0, "",
     "The address to listen at, as PLAINTEXT://HOST:PORT; in a cluster also INTERNAL://HOST:PORT, for its brokers."},
    {"log.cleanup.policy", PropertyType::list, "delete", 0, 0, "delete", "The default of cleanup.policy."},
    {"log.flush.interval.messages", PropertyType::int64, "1", 1, int64_max, "", "The default of flush.messages."},
    {"log.flush.interval.ms", PropertyType::int64, "9223372036854775807", 0, int64_max, "", "The default of flush.ms."},
    {"log.flush.offset.checkpoint.interval.ms", PropertyType::int64, "60000", 1, int64_max / 1'000'000, "",
     "How often it is written down up to where the logs are known to be synced."},
    {"log.index.interval.bytes", PropertyType::int32, "4096", 0, int32_max, "", "The default of index.interval.bytes."},
    {"log.index.size.max.bytes", PropertyType::int32, "10485760", 4, int32_max, "",
     "The default of segment.index.bytes."},
    {"log.message.timestamp.after.max.ms", PropertyType::int64, "3600000", 0, int64_max, "",
     "The default of message.timestamp.after.max.ms."},
    {"log.message.timestamp.before.max.ms", PropertyType::int64, "9223372036854775807", 0, int64_max, "",
     "The default of message.timestamp.before.max.ms."},
    {"log.message.timestamp.type", PropertyType::string, "CreateTime", 0, 0, "CreateTime,LogAppendTime",
     "The default of message.timestamp.type."},
    {"log.retention.bytes", PropertyType::int64, "-1", -1, int64_max, "", "The default of retention.bytes."},
    {"log.retention.check.interval.ms", PropertyType::int64, "300000", 1, int64_max / 1'000'000, "",
     "How often the logs are looked through for segments that may go."},
    {"log.retention.hours", PropertyType::int32, "168", -1, int32_max, "",
     "The default of retention.ms, in hours; -1: no limit."},
    {"log.retention.minutes", PropertyType::int32, "", -1, int32_max, "",
     "The same in minutes; wins over log.retention.hours."},
    {"log.retention.ms", PropertyType::int64, "", -1, int64_max, "",
     "The same in milliseconds; wins over log.retention.minutes."},
    {"log.roll.hours", PropertyType::int32, "168", 1, int32_max, "", "The default of segment.ms, in hours."},
    {"log.roll.ms", PropertyType::int64, "", 1, int64_max, "", "The same in milliseconds; wins over log.roll.hours."},
    {"log.segment.bytes", PropertyType::int32, "1073741824", 14, int32_max, "", "The default of segment.bytes."},
    {"log.segment.delete.delay.ms", PropertyType::int64, "60000", 0, int64_max, "",
     "The default of file.delete.delay.ms."},
    {"max.connections", PropertyType::int32, "10000", 1, int32_max, "", "The most connections a shard serves at once."},
    {"max.incremental.fetch.session.cache.slots", PropertyType::int32, "1000", 0, int32_max, "",
     "The most fetch sessions a shard remembers."},
    {"message.max.bytes", PropertyType::int32, "1048588", 0, int32_max, "", "The default of max.message.bytes."},
    {"metadata.log.max.record.bytes.between.snapshots", PropertyType::int64, "20971520", 1, int64_max, "",
     "After how many bytes of records the metadata is written down whole, and the log before it goes."},
    {"metadata.log.segment.bytes", PropertyType::int32, "8388608", 14, int32_max, "",
     "The size at which a new segment of the metadata's log begins, in bytes."},
    {"min.insync.replicas", PropertyType::int32, "1", 1, int32_max, "", "The default of min.insync.replicas."},
    {"node.id", PropertyType::int32, "1", 0, int32_max, "", "The broker's number in the cluster."},
    {"num.partitions", PropertyType::int32, "1", 1, 100'000, "", "The partitions of a topic that does not say."},
    {"producer.id.expiration.ms", PropertyType::int64, "86400000", 1, int64_max / 1'000'000, "",
     "An idempotent producer that wrote nothing for so long is forgotten."},
    {"queued.max.request.bytes", PropertyType::int64, "536870912", 1, int64_max, "",
     "The most bytes of requests a shard holds at once; connections wait when there are more."},
    {"replica.election.timeout.ms", PropertyType::int32, "400", 50, 600'000, "",
     "A replica that hears nothing of its partition's leader for so long, up to half as long again, asks for an "
     "election; "
     "and a leader that is not answered by a majority for so long resigns."},
    {"replica.heartbeat.interval.ms", PropertyType::int32, "80", 5, 60'000, "",
     "How often a leader tells its followers that it is there; at most a third of the election timeout."},
    {"replica.lag.time.max.ms", PropertyType::int64, "30000", 1, int64_max / 1'000'000, "",
     "A replica that for so long did not have all that its leader had is out of sync."},
    {"replica.selector.class", PropertyType::string, "org.apache.kafka.common.replica.LeaderSelector", 0, 0,
     "org.apache.kafka.common.replica.LeaderSelector,org.apache.kafka.common.replica.RackAwareReplicaSelector",
     "Where consumers read: from leaders, or those that tell their rack from a replica in it. The same on all "
     "brokers."},
    {"socket.request.max.bytes", PropertyType::int32, "104857600", 1, int32_max, "",
     "The largest request; a larger one closes its connection."},
};

// Every address of the machine: something to listen at, but not to connect to.
bool is_any(const SocketAddress& address) {
  return address.host.empty() || address.host == "0.0.0.0" || address.host == "::";
}

std::unexpected<Error> invalid(std::string_view name, std::string_view value, const std::string& why) {
  return fail(Errc::invalid_argument,
              "Invalid value " + std::string(value) + " for configuration " + std::string(name) + ": " + why);
}

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> parts;
  for (std::size_t begin = 0; begin <= text.size() && !text.empty();) {
    auto end = std::min(text.find(',', begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

// The address of the listener of that kind among those of the value; nullopt if there is none. Each kind at most once.
Result<std::optional<SocketAddress>> parse_listener(std::string_view name, std::string_view value,
                                                    std::string_view scheme) {
  std::optional<SocketAddress> found;
  for (auto part : split(value)) {
    if (!part.starts_with("PLAINTEXT://") && !part.starts_with("INTERNAL://"))
      return invalid(name, value, "must be one listener, PLAINTEXT://HOST:PORT, and in a cluster INTERNAL://HOST:PORT");
    if (!part.starts_with(scheme)) continue;
    if (found) return invalid(name, value, "has " + std::string(scheme) + " twice");
    auto address = parse_host_port(part.substr(scheme.size()));
    if (!address) return invalid(name, value, address.error().detail);
    found = *address;
  }
  return found;
}

Result<std::map<std::int32_t, SocketAddress>> parse_voters(std::string_view name, std::string_view value) {
  std::map<std::int32_t, SocketAddress> voters;
  for (auto part : split(value)) {
    auto at = part.find('@');
    auto id = parse_integer(part.substr(0, at));
    if (at == std::string_view::npos || !id || *id < 0 || *id > int32_max)
      return invalid(name, value, "must be ID@HOST:PORT, with commas between");
    auto address = parse_host_port(part.substr(at + 1));
    if (!address) return invalid(name, value, address.error().detail);
    if (!voters.emplace(static_cast<std::int32_t>(*id), *address).second)
      return invalid(name, value, "names broker " + std::to_string(*id) + " twice");
  }
  return voters;
}

// The names of a group's timeouts begin with `prefix`.
Result<RaftSettings> raft_settings(const std::string& prefix, Duration election_timeout, Duration heartbeat_interval) {
  if (3 * heartbeat_interval > election_timeout)
    return invalid(prefix + "heartbeat.interval.ms", std::to_string(heartbeat_interval / milliseconds(1)),
                   "must be at most a third of " + prefix + "election.timeout.ms");
  RaftSettings settings;
  settings.election_timeout = election_timeout;
  settings.heartbeat_interval = heartbeat_interval;
  return settings;
}

}  // namespace

std::span<const PropertyInfo> broker_properties() {
  return table;
}

Result<BrokerConfig> BrokerConfig::from(Properties properties) {
  for (const auto& [name, value] : properties) {
    const auto* info = find_property(table, name);
    if (!info) return fail(Errc::invalid_argument, "Unknown configuration " + name);
    TRY_VOID(check_property(*info, value));
  }
  auto text = [&](std::string_view name) -> std::string_view {
    auto found = properties.find(name);
    return found != properties.end() ? std::string_view(found->second) : find_property(table, name)->default_value;
  };
  auto number = [&](std::string_view name) { return parse_integer(text(name)).value(); };
  auto int32 = [&](std::string_view name) { return static_cast<std::int32_t>(number(name)); };
  auto duration = [&](std::string_view name) { return Duration(milliseconds(number(name))); };

  BrokerConfig config;
  for (auto name : {"log.retention.hours", "log.retention.minutes", "log.retention.ms"})
    if (text(name) == "0") return invalid(name, "0", "must be at least 1, or -1 for no limit");
  config.node_id = int32("node.id");
  TRY(auto listen, parse_listener("listeners", text("listeners"), "PLAINTEXT://"));
  if (!listen) return invalid("listeners", text("listeners"), "must have a listener PLAINTEXT://HOST:PORT");
  config.listen = *listen;
  TRY(auto advertise, parse_listener("advertised.listeners", text("advertised.listeners"), "PLAINTEXT://"));
  config.advertise = advertise.value_or(SocketAddress());
  TRY(auto internal, parse_listener("listeners", text("listeners"), "INTERNAL://"));
  TRY(config.controllers, parse_voters("controller.quorum.voters", text("controller.quorum.voters")));
  if (internal.has_value() != !config.controllers.empty())
    return invalid("controller.quorum.voters", text("controller.quorum.voters"),
                   "goes with a listener INTERNAL://HOST:PORT, and none without the other");
  config.listen_internal = internal.value_or(SocketAddress());
  if (config.controllers.size() > voters_max)
    return invalid("controller.quorum.voters", text("controller.quorum.voters"),
                   "names more than " + std::to_string(voters_max) + " brokers; others join without being named");
  if (!text("broker.rack").empty()) config.rack = text("broker.rack");
  bool advertised = !text("advertised.listeners").empty();
  if (is_any(advertised ? config.advertise : config.listen))
    return fail(Errc::invalid_argument,
                "Invalid value " + std::string(text(advertised ? "advertised.listeners" : "listeners")) +
                    " for configuration " + (advertised ? "advertised.listeners" : "listeners") +
                    ": clients can't connect to an address that means any; set advertised.listeners to one they can");
  config.heartbeat_interval = duration("broker.heartbeat.interval.ms");
  config.session_timeout = duration("broker.session.timeout.ms");
  config.rebalance_leaders = text("auto.leader.rebalance.enable") == "true";
  config.rebalance_interval = seconds(number("leader.imbalance.check.interval.seconds"));
  config.auto_create_topics = text("auto.create.topics.enable") == "true";
  config.num_partitions = int32("num.partitions");
  config.replication_factor = int32("default.replication.factor");
  config.request_bytes_max = int32("socket.request.max.bytes");
  config.connections_max = int32("max.connections");
  config.connection_idle_max = duration("connections.max.idle.ms");
  config.queued_bytes_max = number("queued.max.request.bytes");
  config.fetch_bytes_max = int32("fetch.max.bytes");
  config.fetch_sessions_max = int32("max.incremental.fetch.session.cache.slots");
  config.rack_aware_reads = text("replica.selector.class").ends_with(".RackAwareReplicaSelector");
  config.log_limits.producer_id_expiration = duration("producer.id.expiration.ms");
  config.log_limits.checkpoint_interval = duration("log.flush.offset.checkpoint.interval.ms");
  config.log_limits.retention_check_interval = duration("log.retention.check.interval.ms");
  config.metadata_snapshot_bytes = number("metadata.log.max.record.bytes.between.snapshots");
  config.metadata_segment_bytes = number("metadata.log.segment.bytes");
  auto raft = [&](const std::string& prefix) {
    return raft_settings(prefix, duration(prefix + "election.timeout.ms"), duration(prefix + "heartbeat.interval.ms"));
  };
  TRY(config.metadata_raft, raft("controller.quorum."));
  config.metadata_raft.quiesces = false;         // one group, of other timeouts than those that pulses keep to
  config.metadata_raft.throttles = false;        // a broker takes clients only once it has caught up
  config.metadata_raft.announce_at_once = true;  // whoever asked for a change waits until its own broker knows of it
  TRY(config.partition_raft, raft("replica."));
  config.partition_raft.replica_lag_max = duration("replica.lag.time.max.ms");
  config.partition_raft.announce_commits = config.rack_aware_reads;
  if (auto rate = number("leader.replication.throttled.rate"); rate != int64_max) config.throttled_rate = rate;
  config.properties = std::move(properties);
  return config;
}

}  // namespace fulmar
