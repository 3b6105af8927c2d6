// BrokerShard: one shard of a broker: the partitions it owns, its fetch sessions, the memory for its clients, and the
// metadata image it answers from. Broker: what the shards share.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/cluster/leader_table.h"
#include "broker/cluster/metadata_delta.h"
#include "broker/cluster/metadata_log.h"
#include "broker/cluster/topic_config.h"
#include "broker/log/log_manager.h"
#include "broker/net/memory_budget.h"
#include "broker/net/outbox.h"
#include "broker/replication/peer_calls.h"
#include "broker/replication/peer_server.h"
#include "broker/replication/replica_manager.h"
#include "broker/security/tls/tls_guard.h"
#include "broker/server/config/broker_config.h"
#include "broker/server/shard/broker_observer.h"
#include "broker/server/shard/client_counts.h"
#include "broker/server/shard/connection_counts.h"
#include "broker/server/shard/fetch_session.h"
#include "broker/server/shard/group_service.h"
#include "broker/server/shard/leaderships.h"
#include "broker/server/shard/log_cleaner.h"
#include "broker/server/shard/partition_waits.h"
#include "broker/server/shard/partitions.h"
#include "broker/server/shard/produce_validation.h"
#include "broker/server/shard/quota_meters.h"
#include "broker/server/shard/shard_counts.h"
#include "broker/server/shard/transaction_service.h"
#include "broker/server/shard/transaction_verification.h"
#include "runtime/fiber/condition.h"
#include "runtime/fiber/group.h"
#include "runtime/host/host.h"
#include "runtime/host/network.h"
#include "runtime/host/rate_limited_log.h"

namespace fulmar {

class BrokerShard;

// A broker's shards, and its cluster state, which is on shard 0. Filled while the broker starts, constant afterwards;
// what a pointer points to is used on its own shard only.
struct Broker {
  const BrokerConfig& config;
  ListenerImages listeners;  // as clients are told them
  // By the number of the listener; null: it is in plain text.
  std::vector<std::shared_ptr<const TlsGuard>> tls = {};
  std::shared_ptr<const PeerTls> peer_tls = {};  // of the INTERNAL listener; null: it is in plain text
  std::vector<BrokerShard*> shards;
  MetadataLog* metadata = nullptr;
  ReplicaId self;                        // this broker, with its data directory
  Uuid incarnation;                      // of this run
  std::string cluster_id;                // of the data directory; empty: none yet
  StoredStates stored;                   // of earlier lives; each shard takes those of its groups
  ProducerId next_producer_id = 0;       // of the allocated block; on shard 0
  ProducerId producer_id_block_end = 0;  // likewise
  BrokerObserver* observer = nullptr;
  // Called on shard 0 when a leader announces that its group's configuration is settled and has no target.
  std::function<void()> on_group_at_rest = {};
};

// For client requests and responses of a shard.
struct ClientMemory {
  MemoryBudget requests;
  MemoryBudget answers;
};

class BrokerShard {
 public:
  BrokerShard(Host& host, Broker& broker);

  // First of all: takes over the hard states of this shard's groups. Errors: as HardStateStore::begin.
  Result<void> open();
  // From now on answers from that image, and has partitions opened and removed accordingly. Yields, but waits for
  // nothing. `holders`, `clean`: as Partitions::follow().
  void show(const MetadataDelta& delta, const Partitions::Holders& holders, bool clean);
  const MetadataImagePtr& image() const { return image_; }

  // Begins background work: announcing leaderships, maintaining logs, coordinators.
  void start();
  // Ends that, after the clients' connections have ended; other shards may still call.
  void stop();
  // Closes the logs, after all shards have stopped. Returns whether all were closed in order.
  bool close();

  Partitions& partitions() { return partitions_; }
  const Partitions& partitions() const { return partitions_; }
  unsigned owner(const Uuid& topic_id, std::int32_t index) const;
  // Calls fn(BrokerShard&) on that shard, as one of its `calls_`, and waits. From this shard's fibers only.
  template <class F>
  auto on(unsigned shard, F&& fn) {
    auto& there = *broker_.shards[shard];
    return host_.on_shard(shard, [&](Host&) { return fn(there); }, &there.calls_);
  }

  // -- Waiting for changes of partitions on any shards, without a fiber. `told` is called once, from any code of this
  // shard, unless the wait is ended first.
  std::uint64_t begin_wait(std::function<void()> told);
  PartitionWaits& partition_waits() { return partition_waits_; }  // for partitions owned here
  // `owners`: the shards that own the awaited partitions.
  void end_wait(std::uint64_t wait, const std::vector<unsigned>& owners);

  Host& host() { return host_; }
  Instant now() const;
  Broker& broker() { return broker_; }
  const BrokerConfig& config() const { return broker_.config; }
  // The broker properties in force; they change with the metadata.
  const Properties& properties() const { return properties_; }
  BrokerLayers config_layers() const {
    return {&image_->configs_of(broker_.self.broker), &image_->configs_of(all_brokers), &config().properties};
  }
  const Logger& log() const { return log_; }
  RateLimitedLog& strangers_log() { return strangers_log_; }  // rate-limited, for what any client can cause
  ValidationBudget& validation() { return validation_; }
  // Null: transactional batches are refused. Set before the shard serves; outlives it.
  TransactionVerification* transaction_verification() const { return transaction_verification_; }
  void set_transaction_verification(TransactionVerification* verification) { transaction_verification_ = verification; }
  // The configuration for batches produced to the topic, by the image shown.
  ProduceConfig produce_config(const TopicImage& topic);
  ClientMemory& client_memory() { return client_memory_; }
  ConnectionCounts& connection_counts() { return connection_counts_; }  // of all shards; on shard 0
  QuotaMeters& quota_meters() { return quota_meters_; }                 // of all shards; on shard 0
  ClientCounts& client_counts() { return client_counts_; }              // of this shard's connections
  ShardCounts& counts() { return counts_; }
  FetchSessions& sessions() { return sessions_; }
  LogManager& logs() { return logs_; }
  ReplicaManager& replicas() { return replicas_; }
  Leaderships& leaderships() { return leaderships_; }
  GroupService& groups() { return groups_; }
  TransactionService& transactions() { return transactions_; }
  const Peers& peers() const { return peers_; }
  Peers& peers() { return peers_; }
  PeerCalls& peer_calls() { return peer_calls_; }          // requests from this shard to other brokers
  std::int32_t controller() const { return controller_; }  // -1: none is known
  void set_controller(std::int32_t broker) { controller_ = broker; }
  bool controls_here() const { return controller_ == broker_.self.broker; }
  // The partition's leader, and its in-sync replicas on live brokers, as the leader has announced; broker -1: none is
  // known, or its announcement has expired.
  LeaderTable::Leader leader_of(const TopicImage& topic, std::int32_t index) const;
  const LeaderTable& leaders() const { return leaders_; }
  // On this and all other shards; false if that connection has been superseded.
  bool learn_everywhere(const PeerConnection& from, const LeadersRequest& leaders, Instant as_of);
  // On this and all other shards: what was announced on that connection, which is over.
  void forget_leaders_everywhere(const PeerConnection& from);
  // Renews this shard's announcements on every shard of this broker.
  void renew_here();
  void hear_pulses(const PeerConnection& from, const PulsesRequest& said);
  // Waits until this shard knows leaders of all of the topic's partitions from `first` on, or the topic is deleted.
  // Returns whether that came before the deadline.
  bool await_leaders(const std::string& topic, std::int32_t first, Deadline deadline);

 private:
  bool configure(const MetadataImage& image);
  std::string cluster_id() const;
  std::optional<SocketAddress> peer_address(std::int32_t broker) const;
  bool is_fenced(std::int32_t broker) const;  // or not registered
  void tell(const PartitionWaits::Waiter& waiter);
  void wait_is_over(std::uint64_t wait);

  Host& host_;
  Broker& broker_;
  Logger log_;
  RateLimitedLog strangers_log_;
  MetadataImagePtr image_;
  Properties properties_;
  LogManager logs_;
  Peers peers_;
  PeerCalls peer_calls_;
  ReplicaManager replicas_;
  Leaderships leaderships_;
  LogCleaner cleaner_;
  ValidationBudget validation_;
  TransactionVerification* transaction_verification_ = nullptr;
  std::map<Uuid, ProduceConfig> produce_configs_;  // of topics produced to since the image was shown
  FetchSessions sessions_;
  std::int32_t controller_ = -1;
  LeaderTable leaders_;
  Condition leaders_changed_;
  FiberGroup calls_;  // calls from other shards
  ConnectionCounts connection_counts_;
  QuotaMeters quota_meters_;
  ClientCounts client_counts_;
  ShardCounts counts_;
  PartitionWaits partition_waits_;
  std::map<std::uint64_t, std::function<void()>> waits_;  // of this shard's clients, for partitions on any shard
  std::uint64_t next_wait_ = 0;
  Outbox<std::uint64_t> told_;      // waits of other shards' clients that are complete
  Outbox<std::uint64_t> given_up_;  // waits of this shard's clients that have ended, for other shards
  Outbox<Instant> renewed_;         // times of renewals, for the other shards
  ClientMemory client_memory_;
  GroupService groups_;
  TransactionService transactions_;
  Partitions partitions_;
};

// Shows the image on every shard at once; each partition is opened or removed by itself afterwards. On shard 0, whose
// host this is; one call at a time.
void show_everywhere(Broker& broker, Host& host, const MetadataImagePtr& image, bool clean);

}  // namespace fulmar
