// Replica: one replica of a partition on the shard that owns it: its log and its Raft core, and the driver between
// them, which processes one input at a time to its end.
//
// The log changes only in the replica's turn: by appends, the core's outputs, deletions, snapshots, retention, replaced
// segments. Listeners are called after the turn.
//
// All fibers of the shard may call at once. A failure of the disk ends the replica's part in its group until the broker
// starts again: it answers KAFKA_STORAGE_ERROR, and to its group it is dead.
#pragma once

#include <functional>
#include <memory>
#include <set>

#include "broker/log/log_invariants.h"
#include "broker/log/partition_log.h"
#include "broker/protocol/error_code.h"
#include "broker/raft/invariants.h"
#include "broker/raft/raft.h"
#include "broker/replication/change_listeners.h"
#include "broker/replication/group_id.h"
#include "broker/replication/hard_state_store.h"
#include "broker/replication/peers.h"
#include "broker/replication/replica_observer.h"
#include "runtime/fiber/condition.h"
#include "runtime/fiber/fiber.h"
#include "runtime/fiber/mutex.h"

namespace fulmar {

class Replica;

// The state of a group of one, which begins as its leader. It has sent nothing to anybody, so nothing has to be stored.
HardState alone_at_birth(const ReplicaId& self);

// How the replicas of a shard reach their peers.
class ReplicaMessenger {
 public:
  virtual ~ReplicaMessenger() = default;
  // Never blocks; may drop the message. `batches`: the records of an AppendRequest.
  virtual void send(const GroupId& group, Message message, Bytes batches) = 0;
  // The replica leads and may have an append for the peer: feed() is to be called soon or, if the peer is throttled,
  // feed_throttled() within the rate. Called again after each input, since `throttled` may change.
  virtual void wants_feeding(Replica& replica, const ReplicaId& peer, bool throttled) = 0;
  // The replica, which was at rest, has to be ticked again.
  virtual void woke(Replica& replica) = 0;
  // The group's replica here has just ceased to lead. Called before what it has to store, and so before its listeners;
  // perhaps several times. Must not call the replica.
  virtual void stops_leading(const GroupId& group) = 0;
};

struct ReplicaContext {
  Host& host;
  HardStateStore& states;
  ReplicaMessenger* messenger = nullptr;  // null: a broker that is alone
  ReplicaObserver* observer = nullptr;
  Liveness* liveness = nullptr;      // null: groups are never quiesced
  bool stops = false;                // the process is about to end: replicas no longer wait for room on the disk
  const Peers* peers = nullptr;      // null: a broker that is alone
  std::int64_t elections_begun = 0;  // by replicas here: each time one voted for itself
};

// A state machine that keeps snapshots: the log is deleted only up to a snapshot on stable storage, and a follower that
// lacks the beginning of the log needs the snapshot first.
class StateMachine {
 public:
  virtual ~StateMachine() = default;
  // The snapshot on stable storage has everything below.
  virtual Offset snapshot_offset() const = 0;
  // The log is to start over at `offset`: whether the snapshot up to there has been stored. If not, the leader will ask
  // again. Must not wait.
  virtual bool may_start_over(Offset offset) = 0;
};

// How safe records have to be before the client is answered.
enum class Safety : unsigned char {
  kept,       // acks=1: the leader keeps them (see PartitionLog::kept_end)
  committed,  // acks=all: so do a majority, and min.insync.replicas
};

class Replica {
 public:
  // `state`: as the store has it, or with the group's first configuration.
  Replica(ReplicaContext& context, GroupId group, ReplicaId self, RaftSettings settings,
          std::shared_ptr<PartitionLog> log, HardState state, Offset commit);
  ~Replica();

  // Joins its group; a group of one leads when this returns. Errors: io_error, if its hard state can't be stored.
  Result<void> start();
  // No call may begin any more; waits for the turn that is taken.
  void stop();
  // The same, unless it knows of a later configuration than `mark`. Returns whether it has stopped.
  bool stop_unless_later(ConfigurationMark mark);

  // -- For clients.
  struct Proposed {
    Appended appended;
    Epoch epoch = -1;  // of the leader that appended it
  };
  // Appends one batch as PartitionLog::append does, if this replica leads, with `expected` only as the leader of that
  // epoch. Returns as soon as it is written.
  Result<Proposed, Refusal> append(const BatchHeader& header, const Bytes& batch, std::optional<Epoch> expected = {},
                                   const AppendOrigin& origin = {});
  // Called before a transactional batch is appended. Returns what the coordinator has to confirm first; the batch is
  // then appended with this number and epoch, or not at all. nullopt: the transaction is open here already. See
  // ProducerState::begin_verification(). Errors: as append().
  struct Verification {
    std::uint64_t number = 0;
    Epoch epoch = -1;
  };
  Result<std::optional<Verification>, Refusal> begin_verification(const BatchHeader& header, bool own_epoch);
  // Whether this leader has as many in-sync replicas as min.insync.replicas requires for acks=all. As on Kafka, those
  // on fenced brokers do not count.
  bool enough_in_sync() const;
  // Waits until the batch is as safe as wanted: `none`. With REQUEST_TIMED_OUT, NOT_ENOUGH_REPLICAS_AFTER_APPEND
  // (deposed, or too few in sync meanwhile) and KAFKA_STORAGE_ERROR its fate is open.
  ErrorCode wait_until(Safety safety, const Proposed& proposed, Deadline deadline);
  // Raises the log start to `offset`, at most the high watermark (-1: to that), and waits until no later leader can
  // begin lower and no follower in touch serves records below it (as Kafka waits for all live replicas). Returns the
  // log start by then, which retention may have raised further. Errors: OFFSET_OUT_OF_RANGE, NOT_LEADER_OR_FOLLOWER,
  // KAFKA_STORAGE_ERROR, REQUEST_TIMED_OUT.
  Result<Offset, ErrorCode> delete_records(Offset offset, Deadline deadline);

  // Deletes the log below `offset`, for example because a snapshot has it, as far as this replica knows it to be
  // committed. Errors: as PartitionLog::advance_start.
  Result<void> advance_start(Offset offset);

  // Removes the records for which `keep` returns false from at most `count` closed segments, from the one that begins
  // at `base` on, as far as they are committed, stable and all their transactions decided. Each replica does this by
  // itself (see PartitionLog::rewrite()). Returns whether anything was changed. Takes long, but has the turn only while
  // files are exchanged. Errors: no_space, io_error, corrupt.
  Result<bool> remove_records(Offset base, std::size_t count, const KeepRecord& keep, const Expiry& expiry = {});
  // Records that this log is clean below `offset`; durable once this returns. Errors: as PartitionLog::note_cleaned.
  Result<void> note_cleaned(Offset offset, std::uint64_t cuts);

  // Removes what retention no longer keeps (see PartitionLog::apply_retention()); on a leader only committed records.
  // Forgets producers that have written nothing since `idle_since`. Files are removed after the turn. Errors: no_space,
  // io_error.
  Result<void> apply_retention(Timestamp wall_ms, Instant idle_since);

  // The log's configuration from now on.
  void set_log_config(const LogConfig& config) { log_->set_config(config); }

  // Data read from its log at or after `from` is not what was written: the replica is out of order. When it is opened
  // again its group repairs it; a group of one serves what is undamaged.
  void report_damage(const Error& what, Offset from);

  // Consumers may read below it: everything there is committed.
  Offset high_watermark() const { return raft_.commit(); }
  // Consumers of committed records may read below it: the last stable offset (KIP-98); nullopt: unknown for a moment
  // after a start. See PartitionLog::last_stable_offset().
  std::optional<Offset> last_stable_offset() const { return log_->last_stable_offset(raft_.commit()); }
  // Whether it leads, and its hard state of this term is stored: until then it answers nobody.
  bool leads() const {
    return raft_.role() == Role::leader && told_.role == Role::leader && told_.term == raft_.term() && !out_of_order();
  }
  // Whether it knows its leader and is not damaged: then its high watermark is only slightly behind.
  bool follows() const {
    return raft_.role() == Role::follower && raft_.leader() && raft_.hard_state().damage == 0 && !out_of_order();
  }
  // Whether this follower's log begins no lower than its leader last said: until then it must not serve its log start.
  bool begins_as_told() const { return raft_.begins_as_told(); }
  // Whether this leader knows everything that was ever committed, and that nobody else leads: only then may clients be
  // told where the log starts and ends.
  bool speaks_for_the_group() const;
  Epoch leader_epoch() const { return raft_.term(); }
  // Checks the leader epoch that a client assumes (-1: none given): `none`, else KAFKA_STORAGE_ERROR,
  // FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH (KIP-320), NOT_LEADER_OR_FOLLOWER.
  ErrorCode check_leader(Epoch claimed) const;
  // Where an epoch ends in this leader's log (KIP-101): the largest epoch up to `asked`, and the offset after its last
  // record, committed or not. -1, -1: this leader does not know the epoch.
  struct EpochEnd {
    Epoch epoch = -1;
    Offset offset = -1;
  };
  EpochEnd end_of_epoch(Epoch asked) const;
  bool out_of_order() const { return failed_ || log_->offline(); }
  // For reading; only this replica changes it.
  const PartitionLog& log() const { return *log_; }
  const Raft& raft() const { return raft_; }
  const GroupId& group() const { return group_; }

  // To be called right after start(); `machine` outlives this replica.
  void drives(StateMachine& machine) { machine_ = &machine; }
  // Sets the group's first configuration, if this replica knows none yet.
  void bootstrap(Configuration configuration);
  void campaign();  // without waiting: a new group's preferred leader
  // On a leader: changes the group's voters to these, and its permanent learners, each ascending; see
  // Raft::set_target().
  void set_target(std::vector<ReplicaId> voters, std::vector<ReplicaId> learners = {});
  // Transfers leadership to that voter once it has everything; see Raft::transfer().
  void transfer(const ReplicaId& to);
  // Whether tick() has something to do now. Not while another fiber has the turn: that one ticks when the turn ends.
  bool is_due();
  void tick();
  // Whether it needs no ticks until it calls messenger->woke(), or a watch of the liveness ends.
  bool at_rest() const { return rested_; }
  void receive(const Message& message, const Bytes& batches);
  // Whether followers that catch up may be throttled, if the group's settings allow it.
  void set_throttling(bool on) { raft_.set_throttling(on); }
  // Sends the peer its next append, if one is due and the peer is not throttled. Returns whether there may be another
  // at once.
  bool feed(const ReplicaId& peer);
  // The same, if the peer is throttled now. Returns the bytes of records sent.
  std::size_t feed_throttled(const ReplicaId& peer);
  // Messages to that peer may be lost. Does not wait for the turn: if it is taken, whoever has it passes this on.
  void peer_lost(const ReplicaId& peer);

  // Called on the shard, outside of the turn, after leadership, the known leader, the high watermark, the log start or
  // out_of_order() has changed.
  ChangeListeners& listeners() { return listeners_; }

 private:
  class View final : public LogView {
   public:
    explicit View(const PartitionLog& log) : log_(log) {}
    Offset start() const override { return log_.log_start(); }
    Offset held_from() const override { return log_.held_from(); }
    Offset end() const override { return log_.log_end(); }
    Offset stable_end() const override { return log_.kept_end(); }
    Offset synced_end() const override { return log_.stable_end(); }
    const EpochCache& epochs() const override { return log_.epochs(); }
    Offset cleaned_to() const override { return log_.cleaned_to(); }
    Offset tombstone_bound() const override { return log_.tombstone_bound(); }

   private:
    const PartitionLog& log_;
  };

  // Runs `work` in the turn, while core and log change by nothing else, then carries out the core's outputs; completes
  // both even if the caller is cancelled. Listeners are called after the turn.
  template <class F>
  auto in_turn(F&& work) {
    if constexpr (std::is_void_v<decltype(work())>) {
      in_turn([&] {
        work();
        return true;
      });
    } else {
      auto result = [&] {
        LockGuard turn(turn_);
        CancellationShield shield;
        auto done = work();
        settle();
        return done;
      }();
      tell();
      return result;
    }
  }
  void tell();
  void log_moved();
  void settle_soon();
  void send(Message message, Bytes batches);
  ReplicaSight sight(Configuration configuration) const;
  void show();
  void give_up(const char* what, const std::string& why);
  Instant now() const;
  struct FeedResult {
    bool more = false;  // perhaps another append at once
    std::size_t bytes = 0;
  };
  FeedResult feed_if(const ReplicaId& peer, bool throttled);

  // replica_orders.cpp
  void settle();
  void carry_out(const AppendRequest* request, const Bytes& batches);
  void say_before_work();
  void check_invariants();
  bool perform(Output output, const AppendRequest* request, const Bytes& batches);
  bool store(HardState state);
  bool change_log(const Output& output, const AppendRequest* request, const Bytes& batches, bool& changed);
  void begin_anew(Offset offset, Epoch epoch, Offset tombstone_bound);
  bool cut(Offset offset, const AppendRequest& request);
  void tell_appended(BatchHeader header, const Appended& appended);

  // replica_clients.cpp
  std::size_t min_in_sync() const;
  Offset kept_by_enough() const;

  // What callers and listeners may wait for.
  struct State {
    Offset start_kept = -1;
    Offset commit = -1, kept_end = -1, log_start = -1, kept_by_enough = -1;
    Epoch term = -1;
    Role role = Role::follower;
    std::optional<ReplicaId> leader;  // known some time after the term
    bool out_of_order = false;
    bool enough_in_sync = true;
    bool operator==(const State&) const = default;
  };

  ReplicaContext& context_;
  const GroupId group_;
  std::shared_ptr<PartitionLog> log_;
  View view_;
  Raft raft_;
  Logger logger_;
  Mutex turn_;
  bool moved_ = false;              // more of the log is stable; the core has not been told
  std::set<ReplicaId> lost_peers_;  // messages to these may be lost; likewise
  bool tick_owed_ = false;          // a tick came while the turn was taken
  bool failed_ = false;
  Epoch stood_in_;  // the last term in which it was a candidate, or one before it was opened
  State told_;
  bool untold_ = false;                       // that the state has become `told_`
  ReplicaSight shown_;                        // as the observer saw it last
  std::optional<RaftInvariants> invariants_;  // only where there is an observer
  LogInvariants log_invariants_;              // likewise
  StateMachine* machine_ = nullptr;
  bool rested_ = false;  // as the messenger knows it
  Condition changed_;
  ChangeListeners listeners_;
};

}  // namespace fulmar
