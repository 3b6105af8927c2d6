// ReplicaManager: the replicas of one shard, their hard states, their ticks, and their links to other brokers.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <set>

#include "broker/replication/catch_up_feeder.h"
#include "broker/replication/early_votes.h"
#include "broker/replication/group_inboxes.h"
#include "broker/replication/hard_state_store.h"
#include "broker/replication/peer_link.h"
#include "broker/replication/replica.h"
#include "broker/replication/replica_ticks.h"

namespace fulmar {

class ReplicaManager final : public ReplicaMessenger {
 public:
  // `peers` outlives this. `raft`: for groups without settings of their own, except for what depends on the topic.
  // `throttled_rate`: bytes per second to throttled followers; none: nobody is throttled.
  ReplicaManager(Host& host, const Peers& peers, RaftSettings raft, ReplicaObserver* observer = nullptr,
                 std::optional<std::int64_t> throttled_rate = {});
  virtual ~ReplicaManager();
  // Changes the rate, or ends throttling.
  void set_throttled_rate(std::optional<std::int64_t> bytes_per_second);

  // To be called first: takes over the hard states that earlier lives left for this shard's groups. `incomplete`:
  // groups that are not in `states` may have had one as well; see StoredStates. Errors: as HardStateStore::begin.
  Result<void> open(std::uint64_t life, HardStates states, bool incomplete = false);
  // To be called once the metadata is as new as this life, if wants_groups(): these are all of this shard's groups.
  // Groups that are added later are new, and have no state to lose.
  bool wants_groups() const { return states_->incomplete() && !unknown_; }
  void knows_groups(const std::vector<GroupId>& groups);
  // False once a state could not be stored: the next life begins from what the disk has. Until then groups of several
  // replicas must not be added.
  bool keeps_promises() const { return !states_->failed(); }
  // The greatest epoch that a batch of that group's log can have: the stored term.
  Epoch epoch_max(const GroupId& group) const;
  // Adds a replica and starts it. `fresh`: its state if none is stored. `raft`: the group's own settings, if any.
  std::shared_ptr<Replica> add(const GroupId& group, std::shared_ptr<PartitionLog> log, HardState fresh,
                               const std::optional<RaftSettings>& raft = {});
  // The replica takes no part until it is added again. Its hard state stays.
  void close(const GroupId& group);
  // The group is deleted, with its hard state.
  void remove(const GroupId& group);
  // Whether this broker is the group's only voter, by the stored configuration: then no other replica has all of its
  // log.
  bool is_only_voter(const GroupId& group) const;
  // The configuration that is settled at mark `settled` does not have this replica: removes it. Returns false, and does
  // nothing, if the replica knows of a later configuration, which may include it again. The hard state stays: replicas
  // that have not learned of the change may still request votes.
  bool remove_unless_later(const GroupId& group, ConfigurationMark settled);
  // Whether the only thing stored of the group is that its promises are lost.
  bool has_lost_promises(const GroupId& group) const;
  // All groups with a stored state; also those without a replica.
  std::vector<GroupId> stored_groups() const;
  // The mark of the group's stored configuration; also without a replica.
  ConfigurationMark stored_mark(const GroupId& group) const;
  // To be called before a group's replica is added, if its log is lost or about to be removed. The stored state stays,
  // but the replica does not vote until a leader has sent it what the group has. Errors: as HardStateStore::put.
  Result<void> note_lost_log(const GroupId& group);
  // To be called before a group's replica is added, if an earlier replica's log is about to be removed. The stored
  // terms stay, so that no leader of an earlier term can count on the replica; but it does not vote until a leader has
  // sent it what the group has, since it may have been in a majority for records that it no longer has. `held_records`:
  // true also if no state is stored. Errors: as HardStateStore::put.
  Result<void> forget_log(const GroupId& group, bool held_records);
  std::shared_ptr<Replica> find(const GroupId& group) const;

  // Announces to these brokers, and no others, what this shard leads: everything to those that do not know it, and then
  // each change once. Renews it at intervals, while it leads any and `vouches()`.
  void announce(const std::set<ReplicaId>& peers, const std::vector<LeadersRequest::Leader>& changes);
  std::function<bool()> vouches = [] { return true; };
  std::function<void()> on_vouch = [] {};                                        // called after it has renewed
  std::function<void(const GroupId&)> on_stops_leading = [](const GroupId&) {};  // see ReplicaMessenger
  // The time as of which the replicas here are known to lead: the last tick or, if this shard was held up so long that
  // others may have been elected, the last one before that, until it must have learned of them.
  Instant leads_as_of() const;
  std::int64_t elections_begun() const { return context_->elections_begun; }
  const std::map<GroupId, std::shared_ptr<Replica>>& replicas() const { return replicas_; }

  // Messages for groups of this shard, which process them independently: waits only for a moment, if too many are
  // queued. Vote requests for groups that are not open yet are kept for a moment: see deliver_early().
  void receive(std::vector<GroupMessage> messages);
  // To be called after the group's replica was added: delivers the vote requests that came before.
  void deliver_early(const GroupId& group);
  // Pulses and answers from another broker's shards.
  void receive(const ReplicaId& from, const PulsesRequest& said);
  // Starts retention, at the intervals in `limits`, which outlives this and may change: see RetentionRounds.
  void begin_retention(const LogLimits& limits);
  // To be called before stop(): a replica that can't store its hard state gives up instead of waiting for room on the
  // disk.
  void begin_stop();
  void stop();

  void send(const GroupId& group, Message message, Bytes batches) override;
  void wants_feeding(Replica& replica, const ReplicaId& peer, bool throttled) override;
  void woke(Replica& replica) override;
  void stops_leading(const GroupId& group) override { on_stops_leading(group); }

 private:
  void begin_throttling(std::int64_t bytes_per_second);
  void forget(const GroupId& group);
  bool may_have_promised(const GroupId& group) const;
  void is_known(const GroupId& group);
  bool note(const GroupId& group, const HardState& state);
  void note_damage(const GroupId& group, PartitionLog& log, HardState& state);
  std::uint64_t new_damage(const HardState* known);
  bool may_link_to(const ReplicaId& peer) const;
  PeerLink& link_to(const ReplicaId& peer);
  void tick();
  void lose(const ReplicaId& peer);
  void beat();
  void vouch();
  void begin_ticking();

  Host& host_;
  const Peers& peers_;
  const RaftSettings raft_;
  ReplicaObserver* const observer_;
  Logger log_;
  std::unique_ptr<HardStateStore> states_;
  std::optional<Liveness> liveness_;
  std::optional<ReplicaContext> context_;
  std::map<GroupId, std::shared_ptr<Replica>> replicas_;
  std::list<std::shared_ptr<Replica>> closing_;
  std::map<ReplicaId, std::unique_ptr<PeerLink>> links_;
  EarlyVotes early_;
  std::map<GroupId, LeadersRequest::Leader> announced_;  // leaderships of this shard, as announced last
  std::unique_ptr<CatchUpFeeder> catch_up_feeder_;       // null: nobody was ever throttled
  std::optional<std::int64_t> throttled_rate_;           // none: nobody is throttled
  ReplicaTicks ticks_;
  Duration tick_interval_;
  Instant beat_at_;
  Instant vouched_until_;
  bool ticking_ = false;
  Instant ticked_at_;
  Instant unsure_until_;
  // While the states are incomplete: groups that may have lost a state; none: all groups without a state.
  std::optional<std::set<GroupId>> unknown_;
  GroupInboxes inboxes_;
  FiberGroup fibers_;
};

}  // namespace fulmar
