// WatchedCluster: the brokers of a life, as processes on simulated machines, each observed from inside.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include "broker/protocol/messages/metadata.h"
#include "broker/server/config/broker_config.h"
#include "broker/server/shard/broker_observer.h"
#include "checkers/metadata_images.h"
#include "checkers/replication/replication_watch.h"
#include "faults/plan.h"
#include "scenarios/broker_states.h"
#include "scenarios/coordinator_watch.h"
#include "scenarios/credential_watch.h"
#include "scenarios/life_security.h"
#include "scenarios/marks.h"
#include "sim/world.h"

namespace fulmar {

class WatchedCluster final : private Machines, private BrokerObserver {
 public:
  static constexpr std::uint16_t port = 9092;
  static constexpr std::uint16_t internal_port = 9093;

  // Adds the plan's brokers to the world, as nodes from 0 on; broker n + 1 is on node n. None is started.
  WatchedCluster(World& world, const Plan& plan, Marks& marks);

  std::size_t size() const { return size_; }
  std::vector<SocketAddress> addresses() const;
  void start(std::size_t node);
  // The node whose broker leads the metadata group, in the latest term that has had a leader.
  std::optional<std::size_t> controller() const { return controller_; }
  // Called when a broker asks another to take over a leadership.
  std::function<void(std::size_t from, std::size_t to)> on_leadership_handed = [](std::size_t, std::size_t) {};
  bool ready(std::size_t node) const { return ready_.contains(node); }
  // See ReplicationWatch. Replicas on these nodes count, or those for which `counts` is true.
  using Counts = std::function<bool(const GroupId& group, std::size_t node)>;
  std::vector<GroupId> leaderless(const std::set<std::size_t>& nodes) const;
  std::vector<GroupId> leaderless(const Counts& counts) const;
  unsigned shards_of(std::size_t node) const { return shards_.at(node); }  // of its latest process
  std::vector<std::string> differing(const std::set<std::size_t>& core) const;
  std::map<GroupId, Offset> committed() const { return watch_.committed(); }
  std::vector<std::string> behind(const std::set<std::size_t>& core, const std::map<GroupId, Offset>& offsets) const;
  void power_lost(std::size_t node);
  void disk_hurt(std::size_t node) { watch_.damaged(id_of(node)); }
  // From now on, and for a while already, faults leave these nodes alone; until calm_ends().
  void calm_begins(const std::set<std::size_t>& well);
  void calm_ends() { watch_.calm_ends(); }
  // Checks a broker's metadata response about leaders against the truth.
  void judge_claims(std::int32_t from, const MetadataResponse& metadata, Instant asked);
  // Whether a consumer may have been given these records and this log start by now.
  void judge_read(const ReadOperation& read, std::int32_t follower);
  void note_deletion(const DeleteOperation& deletion);
  // From now on the brokers' states are kept, for describe(), and told to whoever observes the world.
  void keep_states() { states_ = std::make_unique<BrokerStates>(world_); }
  // The state of a node's broker, as lines; nothing if states are not kept.
  std::vector<std::string> describe(std::size_t node) const;
  // How many partitions a running node's broker leads, in its own view; 0 if states are not kept.
  std::size_t led_by(std::size_t node) const { return states_ ? states_->led_by(id_of(node)) : 0; }
  // Changes the properties that a broker is started with, after those that the plan gives.
  std::function<void(std::size_t node, Properties& properties)> adjust = [](std::size_t, Properties&) {};
  // From now on told of each image that a broker shows, and of each start of one.
  void watch_credentials(CredentialWatch& watch) { credentials_ = &watch; }
  Violations violations() const;

 private:
  static std::int32_t id_of(std::size_t node) { return static_cast<std::int32_t>(node) + 1; }
  std::optional<GroupId> group_of(const TopicPartition& tp) const;
  std::set<std::int32_t> ids_of(const std::set<std::size_t>& nodes) const;
  BrokerConfig config_of(std::size_t node) const;

  std::vector<std::string> list(std::int32_t broker, std::string_view directory, bool durable) const override;
  std::string_view content(std::int32_t broker, std::string_view path, bool durable) const override;

  void opened(const ReplicaSight& sight, const std::string& directory, const EpochCache& epochs) override;
  void appended(const GroupId& group, const ReplicaId& self, const BatchHeader& batch) override {
    watch_.appended(group, self, batch);
  }
  void rewriting(const GroupId& group, const ReplicaId& self, Offset base, Offset end,
                 const std::vector<RewrittenBatch>& batches) override {
    marks_.reach(Mark::log_compacted);
    for (const auto& batch : batches) {
      if (!batch.after) marks_.reach(Mark::batch_compacted_away);
      bool is_left = batch.after && batch.after->record_count > 0;
      if (batch.before.control() && batch.before.record_count > 0 && !is_left) marks_.reach(Mark::marker_removed);
    }
    watch_.rewriting(group, self, base, end, batches);
  }
  void compacted(const GroupId& group, const ReplicaId& self, std::size_t tombstones_expired) override;
  void truncated(const GroupId& group, const ReplicaId& self, Offset offset) override {
    marks_.reach(Mark::log_truncated);
    watch_.truncated(group, self, offset);
  }
  void started_over(const GroupId& group, const ReplicaId& self, Offset offset) override;
  void commits(const GroupId& group, Offset offset) override { watch_.commits(group, offset); }
  void stepped(const ReplicaSight& sight) override;
  void broke(const GroupId& group, const ReplicaId& self, std::string_view invariant) override {
    watch_.broke(group, self, invariant);
  }
  void sends(const GroupId& group, const Message& message) override;
  void heard(const GroupId& group, const Message& message, Epoch term) override { watch_.heard(group, message, term); }
  void removed(const GroupId& group, const ReplicaId& self) override {
    watch_.removed(group, self);
    if (states_) states_->removed(group, self);
  }
  void shows(const ReplicaId& self, const MetadataImage& image) override;
  void coordinates(const GroupId& partition, const ReplicaId& self, Epoch epoch, const AllUnderWay& all) override {
    coordinators_.coordinates(partition, self.broker, epoch, all);
    if (states_) states_->coordinates(partition, self.broker, epoch, all);
  }
  void note_election(const ReplicaSight& sight);

  World& world_;
  const Plan& plan_;
  const LifeSecurity security_;
  Marks& marks_;
  std::size_t size_;
  Duration lag_max_;                        // replica.lag.time.max.ms
  std::map<std::size_t, unsigned> starts_;  // per node
  std::map<std::size_t, unsigned> shards_;  // of each node's latest process
  std::set<std::size_t> ready_;
  std::map<std::int32_t, Offset> metadata_starts_;  // the start of each broker's metadata log
  std::optional<std::size_t> controller_;
  Epoch controller_term_ = -1;
  ProducerId next_producer_id_ = 0;  // in the images seen so far
  struct Compacted {
    std::set<ReplicaId> replicas;   // that were ever open
    std::set<ReplicaId> were_away;  // while another removed tombstones
    Epoch led = -1;                 // the term of the last leader that was noted
  };
  std::map<GroupId, Compacted> compacted_;
  ReplicationWatch watch_;
  MetadataImages images_;
  CoordinatorWatch coordinators_;
  std::unique_ptr<BrokerStates> states_;
  CredentialWatch* credentials_ = nullptr;
  Violations false_claims_;
  std::map<std::string, std::set<Uuid>> topic_ids_;  // all ids of topics with that name
  Violations uncommitted_reads_;
  Violations early_starts_;
};

}  // namespace fulmar
