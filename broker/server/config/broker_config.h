// BrokerConfig: a broker's configuration, in Kafka's names. docs/configuration.md lists all of it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "broker/cluster/features.h"
#include "broker/cluster/first_users.h"
#include "broker/cluster/properties.h"
#include "broker/groups/settings.h"
#include "broker/log/log_config.h"
#include "broker/raft/types.h"
#include "broker/security/authorizer.h"
#include "broker/server/config/listener_settings.h"
#include "broker/transactions/settings.h"
#include "runtime/host/network.h"

namespace fulmar {

// The properties that take effect here, and Kafka's other ones.
std::span<const PropertyInfo> broker_properties();
std::span<const PropertyInfo> unserved_broker_properties();
// From either list; null if there is none of that name.
const PropertyInfo* find_broker_property(std::string_view name);
// Whether it can be changed while the broker runs (KIP-226).
bool is_dynamic(std::string_view broker_property);
// The properties in stored form, under one name each. Errors: invalid_argument, for an unknown name or a value that is
// not allowed.
Result<Properties> checked_broker_properties(const Properties& given);

constexpr std::size_t controllers_max = 5;  // more would slow down every metadata change and add no safety

// Log compaction (see server/shard/log_cleaner.h). Sizes and rates are for the whole broker.
struct CleanerSettings {
  bool enabled = true;                           // log.cleaner.enable
  Duration backoff = seconds(15);                // log.cleaner.backoff.ms
  std::int64_t dedupe_bytes = 128 << 20;         // log.cleaner.dedupe.buffer.size
  std::optional<std::int64_t> bytes_per_second;  // log.cleaner.io.max.bytes.per.second; nullopt: no limit

  bool operator==(const CleanerSettings&) const = default;
};

struct BrokerConfig {
  std::int32_t node_id = 1;
  // For clients, at least one.
  std::vector<ListenerConfig> listeners{
      {"PLAINTEXT", SecurityProtocol::plaintext, {"127.0.0.1", 9092}, {"127.0.0.1", 9092}}};
  // For a cluster: where this broker listens for its peers, and the controllers' addresses for their peers. None: this
  // broker is a cluster by itself.
  std::optional<ListenerConfig> internal;
  std::map<std::int32_t, SocketAddress> controllers;  // controller.quorum.voters
  std::optional<std::string> rack;                    // broker.rack
  AuthorizerSettings authorizer;                      // authorizer.class.name, super.users, ...
  FeatureRanges features = supported_features();      // of this release; tests set others
  Duration heartbeat_interval = seconds(2);           // broker.heartbeat.interval.ms
  Duration session_timeout = seconds(9);              // broker.session.timeout.ms
  bool rebalance_leaders = true;                      // auto.leader.rebalance.enable
  Duration rebalance_interval = seconds(300);         // leader.imbalance.check.interval.seconds
  bool auto_create_topics = true;
  bool delete_topics = true;  // delete.topic.enable
  std::int32_t num_partitions = 1;
  std::int32_t replication_factor = 1;                  // default.replication.factor
  std::int32_t request_bytes_max = 100 * 1024 * 1024;   // socket.request.max.bytes
  std::int32_t connections_max = 2'147'483'647;         // max.connections, for the broker
  std::int32_t connections_per_ip_max = 2'147'483'647;  // max.connections.per.ip, likewise
  std::int32_t peer_connections_max = 4096;             // listener.name.internal.max.connections
  // The content of cluster.secret.file; empty: there is none.
  std::string cluster_secret;
  // What cluster.first.users.file has; empty: it is not set.
  std::vector<FirstUser> first_users;
  Duration connection_idle_max = seconds(600);              // connections.max.idle.ms
  std::int64_t queued_bytes_max = std::int64_t{512} << 20;  // queued.max.request.bytes: for all requests of a shard
  std::int64_t answer_bytes_max = std::int64_t{128} << 20;  // queued.max.response.bytes: for all responses of a shard
  std::optional<Duration> slow_request = seconds(1);        // request.slow.ms; nullopt: none is logged
  std::int32_t fetch_bytes_max = 55 * 1024 * 1024;          // fetch.max.bytes
  std::int32_t fetch_sessions_max = 1000;                   // max.incremental.fetch.session.cache.slots, of a shard
  ProducerId producer_id_block = 1000;                      // producer ids that are allocated in the metadata at a time
  bool rack_aware_reads = false;                            // replica.selector.class
  GroupSettings groups;                                     // group.*, offset.metadata.max.bytes, offsets.*
  // For creating __consumer_offsets: offsets.topic.num.partitions, .replication.factor, .segment.bytes.
  struct CoordinatorTopic {
    std::int32_t partitions = 50;
    std::int32_t replication_factor = 3;
    std::int32_t segment_bytes = 100 << 20;
    std::int32_t min_insync = 1;
    bool operator==(const CoordinatorTopic&) const = default;
  };
  CoordinatorTopic group_topic;
  TransactionSettings transactions;    // transaction.*, transactional.id.expiration.ms
  CoordinatorTopic transaction_topic;  // for creating __transaction_state: transaction.state.log.*
  LogLimits log_limits;
  CleanerSettings cleaner;
  std::int64_t metadata_snapshot_bytes = 20 << 20;  // metadata.log.max.record.bytes.between.snapshots
  std::int64_t metadata_segment_bytes = 8 << 20;    // metadata.log.segment.bytes
  RaftSettings metadata_raft;   // controller.quorum.election.timeout.ms, controller.quorum.heartbeat.interval.ms
  RaftSettings partition_raft;  // replica.election.timeout.ms, replica.heartbeat.interval.ms
  std::optional<std::int64_t> throttled_rate;  // leader.replication.throttled.rate; nullopt: unlimited
  Properties properties;                       // all that are set, for topics' defaults and DescribeConfigs

  // Whether peers may connect from other machines, so that a secret is required.
  bool needs_secret() const;

  bool operator==(const BrokerConfig&) const = default;

  // Errors: invalid_argument, with the property's name.
  static Result<BrokerConfig> from(const Properties& given);
};

}  // namespace fulmar
