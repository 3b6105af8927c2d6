// Replica: one replica of a partition on the shard that owns it: its log and its Raft core, and whatever has to happen
// between them, one input at a time, each gone through with to its end.
//
// The log changes only in the replica's turn, whatever changes it: appends, the core's orders, deletions and snapshots,
// retention, segments written anew. Who is told of what has changed is told after the turn.
//
// Fibers of the shard call at once what they like. A failure of the disk ends the replica's part in its group until the
// broker starts again: it answers KAFKA_STORAGE_ERROR, and to the others it is as good as dead.
#pragma once

#include <functional>
#include <memory>
#include <set>

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

// The state of a group of one, which is born led by it. Nobody else was told anything, so that nothing need be stored.
HardState alone_at_birth(const ReplicaId& self);

// How the replicas of a shard reach their peers.
class ReplicaMessenger {
 public:
  virtual ~ReplicaMessenger() = default;
  // Never blocks; may lose what it is given. `batches`: the records of an AppendRequest.
  virtual void send(const GroupId& group, Message message, Bytes batches) = 0;
  // The replica leads and may have something for the peer: feed() is to be called, soon; or, where the peer is
  // throttled, feed_throttled() when there is room. Told again with whatever happens, as that may change.
  virtual void wants_feeding(Replica& replica, const ReplicaId& peer, bool throttled) = 0;
  // The replica, which was at rest, is to be ticked again.
  virtual void woke(Replica& replica) = 0;
};

struct ReplicaContext {
  Host& host;
  HardStateStore& states;
  ReplicaMessenger* messenger = nullptr;  // null: a broker that is alone
  ReplicaObserver* observer = nullptr;
  Liveness* liveness = nullptr;  // null: groups are never quiesced
  bool stops = false;            // the process is to end: nobody waits for room on the disk any more
  const Peers* peers = nullptr;  // null: a broker that is alone
};

// What a group's records make, where they make something that is kept as a snapshot: then the log goes only as far as
// that one on stable storage, and who lacks the beginning of the log needs the snapshot first.
class StateMachine {
 public:
  virtual ~StateMachine() = default;
  virtual Offset snapshot_offset() const = 0;
  // The log is to begin anew at `offset`: whether the snapshot of what was before is there. If not, the leader will ask
  // again. Must not wait.
  virtual bool may_start_over(Offset offset) = 0;
};

// How safe records have to be before it is told.
enum class Safety : unsigned char {
  kept,       // acks=1: the leader keeps them (see PartitionLog::kept_end)
  committed,  // acks=all: so do a majority, and min.insync.replicas
};

class Replica {
 public:
  // `state`: what the store has of the group, or its first configuration.
  Replica(ReplicaContext& context, GroupId group, ReplicaId self, RaftSettings settings,
          std::shared_ptr<PartitionLog> log, HardState state, Offset commit);
  ~Replica();

  // Takes up its part; a group of one leads when this returns. Errors: what keeps the hard state from being stored.
  Result<void> start();
  // Nobody may call any more; waits for who is inside.
  void stop();
  // The same, unless it knows of a configuration of its group later than that; whether it has stopped.
  bool stop_unless_later(ConfigurationMark mark);

  // -- For clients.
  struct Proposed {
    Appended appended;
    Epoch epoch = -1;  // of the leader that appended it
  };
  // Appends one batch as PartitionLog::append does, if this replica leads. Returns as soon as it is written.
  // With `expected`, only as the leader of that epoch.
  Result<Proposed, Refusal> append(const BatchHeader& header, const Bytes& batch, std::optional<Epoch> expected = {},
                                   const AppendOrigin& origin = {});
  // Before a transactional batch is appended: what its coordinator has to confirm first. The batch is then appended
  // with this number and epoch, or not at all. nullopt: its transaction is open here. See
  // ProducerState::begin_verification(). Errors: as append().
  struct Verification {
    std::uint64_t number = 0;
    Epoch epoch = -1;
  };
  Result<std::optional<Verification>, Refusal> begin_verification(const BatchHeader& header, bool own_epoch);
  // Whether this leader has as many replicas in sync as min.insync.replicas wants for acks=all. Those of fenced brokers
  // are not, as on Kafka.
  bool enough_in_sync() const;
  // Waits until the batch is as safe as wanted. `none`; REQUEST_TIMED_OUT, NOT_ENOUGH_REPLICAS_AFTER_APPEND (deposed,
  // or too few in sync meanwhile) and KAFKA_STORAGE_ERROR leave open what becomes of it.
  ErrorCode wait_until(Safety safety, const Proposed& proposed, Deadline deadline);
  // Moves the start of the log up to `offset`, at most to the high watermark (-1: there), and waits until no later
  // leader can begin lower, and no follower that is in touch serves what is below (as Kafka waits for all live
  // replicas). Returns where they all begin by then, be it by retention. Errors: OFFSET_OUT_OF_RANGE,
  // NOT_LEADER_OR_FOLLOWER, KAFKA_STORAGE_ERROR, REQUEST_TIMED_OUT.
  Result<Offset, ErrorCode> delete_records(Offset offset, Deadline deadline);

  // The log below `offset`, which is kept, is needed no more: what a snapshot has, for one. It goes as far as this
  // replica knows it to be committed. Errors: as PartitionLog::advance_start.
  Result<void> advance_start(Offset offset);

  // Removes the records for which `keep` says false from closed segments of its log, from the one that begins at `base`
  // on, at most `count` of them, as far as they are committed, all transactions decided, and stable; each replica by
  // itself (see PartitionLog::rewrite()). Whether anything was removed. Takes long, but holds the replica up only while
  // files are exchanged. Errors: no_space, io_error, corrupt.
  Result<bool> remove_records(Offset base, std::size_t count, const KeepRecord& keep);
  // Of each key there is no more than one record below `offset` in its log any more, for good once this returns.
  // Errors: as PartitionLog::note_cleaned.
  Result<void> note_cleaned(Offset offset);

  // Takes off its log what retention lets go (see PartitionLog::apply_retention()): where this replica leads, of what
  // is committed. Forgets producers that have written nothing since `idle_since`. The files of what is taken off are
  // removed after the turn. Errors: no_space, io_error.
  Result<void> apply_retention(Timestamp wall_ms, Instant idle_since);

  // How the log is kept from now on.
  void set_log_config(const LogConfig& config) { log_->set_config(config); }

  // What was read of its log, at or after `from`, is not what was written there: this replica is out of order, and is
  // repaired by the others once it is opened again; or, where there are none, serves what is good of its log.
  void report_damage(const Error& what, Offset from);

  // What consumers may read: what is committed.
  Offset high_watermark() const { return raft_.commit(); }
  // Up to where consumers of committed records may read: the last stable offset (KIP-98); nullopt: not known for a
  // moment after a start. See PartitionLog::last_stable_offset().
  std::optional<Offset> last_stable_offset() const { return log_->last_stable_offset(raft_.commit()); }
  // From when what it promises as a leader is stored: until then it says nothing to anybody.
  bool leads() const {
    return raft_.role() == Role::leader && told_.role == Role::leader && told_.term == raft_.term() && !out_of_order();
  }
  // Whether it knows of a leader, and has lost nothing: then its high watermark is at most a moment behind.
  bool follows() const {
    return raft_.role() == Role::follower && raft_.leader() && raft_.hard_state().damage == 0 && !out_of_order();
  }
  // Whether this follower's log begins where its leader has told it, or later: until then nobody is to hear of its
  // start.
  bool begins_as_told() const { return raft_.begins_as_told(); }
  // Whether this leader knows all that was ever committed, and that nobody else leads: only then what it says of the
  // end of the log is the truth.
  bool speaks_for_the_group() const;
  Epoch leader_epoch() const { return raft_.term(); }
  // Whether a client that believes the leader's epoch to be `claimed` (-1: does not say) is right here: `none`, else
  // KAFKA_STORAGE_ERROR, FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH (KIP-320), NOT_LEADER_OR_FOLLOWER.
  ErrorCode check_leader(Epoch claimed) const;
  // Where an epoch ends in this leader's log (KIP-101): the largest epoch there is up to `asked`, and the offset after
  // its last record, committed or not. -1, -1: of an epoch that this leader does not know of.
  struct EpochEnd {
    Epoch epoch = -1;
    Offset offset = -1;
  };
  EpochEnd end_of_epoch(Epoch asked) const;
  bool out_of_order() const { return failed_ || log_->offline(); }
  // To be read; it changes by this replica alone.
  const PartitionLog& log() const { return *log_; }
  const Raft& raft() const { return raft_; }
  const GroupId& group() const { return group_; }

  // -- For the group.
  // At once after start(); outlives this replica.
  void drives(StateMachine& machine) { machine_ = &machine; }
  // Gives the group its first configuration, if this replica knows none yet.
  void bootstrap(Configuration configuration);
  void campaign();  // without waiting: a new group's preferred leader
  // Where this replica leads: has the group change its voters to these, and its standing learners, each ascending; see
  // Raft::set_target().
  void set_target(std::vector<ReplicaId> voters, std::vector<ReplicaId> learners = {});
  // Has that voter lead instead, once it has everything; see Raft::transfer().
  void transfer(const ReplicaId& to);
  // Whether something is to be done by now: then tick() does it.
  bool is_due() const;
  void tick();
  // Nothing is to be done as time goes by, until the messenger is told that it woke, or a watch of the liveness ends.
  bool at_rest() const { return rested_; }
  void receive(const Message& message, const Bytes& batches);
  // Whether those that catch up are fed at a rate at all, if the group's settings let them be.
  void set_throttling(bool on) { raft_.set_throttling(on); }
  // Sends the peer its next append, if it is due one and is not throttled; whether there may be more at once.
  bool feed(const ReplicaId& peer);
  // The same, if it is throttled by now; how many bytes of records were sent.
  std::size_t feed_throttled(const ReplicaId& peer);
  // What was sent to that peer may be lost. Does not wait for the replica's turn: whoever has it sees to this.
  void peer_lost(const ReplicaId& peer);

  // Told on the shard, outside of the replica's turn, whenever leadership, who leads, the high watermark, the log's
  // start or out_of_order() has changed.
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

   private:
    const PartitionLog& log_;
  };

  // replica.cpp
  // Does `work` with the core and the log held still, then all that the core asks for because of it. Nothing of that is
  // left half done when the caller is cancelled.
  // Who is to be told of it is told once the turn is over.
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
    bool more = false;  // perhaps, at once
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
  void begin_anew(Offset offset, Epoch epoch);
  bool cut(Offset offset, const AppendRequest& request);
  void tell_appended(BatchHeader header, const Appended& appended);

  // replica_clients.cpp
  std::size_t min_in_sync() const;
  Offset kept_by_enough() const;

  // What others may wait for.
  struct State {
    Offset start_kept = -1;
    Offset commit = -1, kept_end = -1, log_start = -1, kept_by_enough = -1;
    Epoch term = -1;
    Role role = Role::follower;
    std::optional<ReplicaId> leader;  // known some time after its term is
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
  bool moved_ = false;              // the log says that more is kept; the core has not been told
  std::set<ReplicaId> lost_peers_;  // likewise, of what was sent to them
  bool failed_ = false;
  State told_;
  bool untold_ = false;                       // that it has become `told_`
  ReplicaSight shown_;                        // to the observer
  std::optional<RaftInvariants> invariants_;  // of this life; only where there is an observer
  StateMachine* machine_ = nullptr;
  bool rested_ = false;  // as the messenger knows it
  Condition changed_;
  ChangeListeners listeners_;
};

}  // namespace fulmar
