// ReplicaManager: the replicas of one shard, their hard states, the clock that ticks for all of them, and their links
// to other brokers.
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
  // `peers` outlives this. `raft` holds for all groups that bring none of their own, but for what is a matter of their
  // topic. `throttled_rate`: bytes per second, of what is sent to followers that are throttled.
  ReplicaManager(Host& host, const Peers& peers, RaftSettings raft, ReplicaObserver* observer = nullptr,
                 std::optional<std::int64_t> throttled_rate = {});
  virtual ~ReplicaManager();
  // Another rate from now on, or none.
  void set_throttled_rate(std::optional<std::int64_t> bytes_per_second);

  // Before all else: takes over what this shard's groups have promised in earlier lives. Errors: as
  // HardStateStore::begin.
  // `incomplete`: groups that are not in `states` may have promised something as well; see StoredStates.
  Result<void> open(std::uint64_t life, HardStates states, bool incomplete = false);
  // Once metadata is known that is not older than this life: these are all of this shard's groups. What comes later is
  // new, and has promised nothing. Needed as long as wants_groups().
  bool wants_groups() const { return states_->incomplete() && !unknown_; }
  void knows_groups(const std::vector<GroupId>& groups);
  // False once a promise could not be stored: what this life has promised is not sure any more, and only the next can
  // begin from what the disk has. Groups of several must not be added then.
  bool keeps_promises() const { return !states_->failed(); }
  // No batch of that group's log here can be of a later epoch: of a term that was never promised.
  Epoch epoch_max(const GroupId& group) const;
  // A replica takes up its part; `fresh` is its state if it has none yet. `raft`: where the group has its own settings.
  std::shared_ptr<Replica> add(const GroupId& group, std::shared_ptr<PartitionLog> log, HardState fresh,
                               const std::optional<RaftSettings>& raft = {});
  // The replica takes no part until it is added again. What it has promised stays.
  void close(const GroupId& group);
  // The group is no more.
  void remove(const GroupId& group);
  // Whether the group's only voter is this broker, by what is stored of it: then nobody else has all of its log.
  bool is_only_voter(const GroupId& group) const;
  // The group has let go of this replica, by a configuration that stands at `settled`. False, and nothing happens, if
  // the replica knows of a later one, which may count on it again. What it has promised stays stored: those who have
  // not heard of the change may still ask.
  bool remove_unless_later(const GroupId& group, ConfigurationMark settled);
  // Whether what is stored of the group is no more than that its promises are lost.
  bool has_lost_promises(const GroupId& group) const;
  // All of which something is stored; also where no replica takes part.
  std::vector<GroupId> stored_groups() const;
  // The latest configuration that what is stored of the group knows of; also where no replica takes part.
  ConfigurationMark stored_mark(const GroupId& group) const;
  // Before a replica of that group is added: an earlier one's log was removed. The terms it saw stand, so that no
  // leader of an earlier one can count on it; but it has no vote until a leader has given it what the group has, since
  // it may have been of a majority for what it has not any more. `held_records`: so something was promised, even if
  // nothing is stored of it. Errors: as HardStateStore::put.
  Result<void> forget_log(const GroupId& group, bool held_records);
  std::shared_ptr<Replica> find(const GroupId& group) const;

  // Tells these brokers, and no others, what this shard leads: all of it, as far as they do not know it, and from then
  // on the changes, each only once. From time to time it says that what it has told still holds, while it leads any
  // and `vouches()`.
  void announce(const std::set<ReplicaId>& peers, const std::vector<LeadersRequest::Leader>& changes);
  std::function<bool()> vouches = [] { return true; };
  std::function<void()> on_vouch = [] {};  // when it has said so
  // As of when those that lead here are known to lead: the last tick, or, where this shard was held up for so long that
  // others may have been elected, the last one before that, until it has surely heard of them.
  Instant leads_as_of() const;
  const std::map<GroupId, std::shared_ptr<Replica>>& replicas() const { return replicas_; }

  // Messages for groups of this shard, each of which deals with its own by itself: this does not wait for them, but for
  // a moment when too much lies there already. Requests for votes in groups that are not open yet are kept for a
  // moment: see deliver_early().
  void receive(std::vector<GroupMessage> messages);
  // After the group's replica was added: hands it what it was asked for before.
  void deliver_early(const GroupId& group);
  // What another broker's shards say about quiesced groups.
  void receive(const ReplicaId& from, const PulsesRequest& said);
  // From now on, as often as `limits` say, which outlive this and may change: see RetentionRounds.
  void begin_retention(const LogLimits& limits);
  // Before stop(): a replica that can't store what it is about to promise gives up its part, instead of waiting until
  // the disk has room.
  void begin_stop();
  void stop();

  void send(const GroupId& group, Message message, Bytes batches) override;
  void wants_feeding(Replica& replica, const ReplicaId& peer, bool throttled) override;
  void woke(Replica& replica) override;

 private:
  void begin_throttling(std::int64_t bytes_per_second);
  void forget(const GroupId& group);
  bool may_have_promised(const GroupId& group) const;
  void is_known(const GroupId& group);
  bool note(const GroupId& group, const HardState& state);
  void note_damage(const GroupId& group, PartitionLog& log, HardState& state);
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
  std::map<GroupId, LeadersRequest::Leader> announced_;  // that this shard leads, as it was told last
  std::unique_ptr<CatchUpFeeder> catch_up_feeder_;       // null: nobody was ever throttled
  std::optional<std::int64_t> throttled_rate_;           // none: nobody is
  ReplicaTicks ticks_;
  Duration tick_interval_;
  Instant beat_at_;
  Instant vouched_until_;
  bool ticking_ = false;
  Instant ticked_at_;
  Instant unsure_until_;
  // While the states are incomplete: of these groups it is not known what they have promised; none: of all that have
  // no state.
  std::optional<std::set<GroupId>> unknown_;
  GroupInboxes inboxes_;
  FiberGroup fibers_;
};

}  // namespace fulmar
