// Raft: one replica's part in one group, as a pure state machine over Kafka offsets (Ongaro & Ousterhout 2014, and
// Ongaro's thesis for pre-vote, leases, transfer and learners).
//
// No I/O, no clock, no fiber. The driver gives it inputs one at a time: the time, messages, and the results of changes
// to the log. After each input the driver takes the Output and carries it out before the next input. Entries are record
// batches in the log; the core decides by offsets and by the epochs of the LogView, and never sees a record.
//
// It guarantees (see tests/raft): a term has at most one leader; a leader only appends to its log; a follower never
// removes committed offsets; the log of every later leader has what is committed; terms, votes and matches are on
// stable storage before a message carries them.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "broker/raft/message.h"
#include "broker/raft/progress.h"
#include "runtime/base/random.h"

namespace fulmar {

// What the driver has to do after an input, in this order: each field only when all fields above it are done.
struct Output {
  std::optional<HardState> store;         // to stable storage; then call stable_moved()
  std::optional<StartOver> start_over;    // delete the log and begin it at this offset; then call log_changed()
  std::optional<Offset> truncate_to;      // durably remove this offset and all above; then call log_changed()
  std::optional<Offset> append_from;      // append the request's batches from this offset on; then call log_changed()
  std::optional<Offset> log_start;        // offsets below may be deleted (never beyond the commit index)
  std::optional<Offset> tombstone_bound;  // to stable storage, with the log
  std::vector<Message> messages;
};

// The next append to a follower. The driver reads the batches, and fills in `end` and `epochs`.
struct AppendPlan {
  Message message;         // its body is an AppendRequest
  bool throttled = false;  // see Raft::throttled()
};

class Raft {
 public:
  // `state`: as stored last; for the first replicas of a group, only the configuration, without a mark. `commit`: an
  // offset known to be committed, which may lag. `liveness`: the shard's; null: the group is never quiesced.
  Raft(ReplicaId self, const RaftSettings& settings, const LogView& log, HardState state, Offset commit, Random random,
       Instant now, Liveness* liveness = nullptr);
  ~Raft();
  Raft& operator=(const Raft&) = delete;
  // For exhaustive searches (tests/raft/exhaustive). clone(): a copy in the same state, over the same LogView; only
  // without a liveness. fingerprint(): the state that determines what it will send, store, truncate and commit, without
  // times and replication progress, with the replicas renamed.
  std::unique_ptr<Raft> clone() const;
  std::string fingerprint(const Renaming& rename) const;

  // -- Inputs. After each: take_output().
  // To be called at least four times per heartbeat interval; while quiesced(), only when a watch of the liveness has
  // ended.
  void tick(Instant now);
  // Whether a tick now would do anything; if not, the driver may omit it.
  bool is_due(Instant now) const;
  void receive(const Message& message, Instant now);
  // The driver is about to change the log, which may take long: a leader whose group is quiesced wakes its followers,
  // so that they elect another if its disk is stuck. The driver sends this output before it changes the log.
  void about_to_work(Instant now);
  // The driver has changed the log as the last Output asked, or has appended this leader's own batches.
  void log_changed(Instant now);
  // The append that the last Output asked for has failed (no space), and the log is unchanged.
  void append_failed(Instant now);
  // More of the log is on stable storage, or the state that the last Output asked to store is.
  void stable_moved(Instant now);
  // Stands for election without waiting for the timeout (a new group's preferred leader).
  void campaign(Instant now);
  // Sets the group's first configuration, on a replica that knows none and has no log.
  void bootstrap(Configuration configuration, Instant now);
  // Sets the target configuration: voters and permanent learners, each ascending and disjoint. The leader makes new
  // voters learners first, then changes to the joint and the final configuration (Raft §6), and keeps the target until
  // it is reached. Replicas that do not lead ignore it.
  void set_target(std::vector<ReplicaId> voters, Instant now, std::vector<ReplicaId> learners = {});
  // Transfers leadership to a voter, once that has everything. False if this replica does not lead, already transfers,
  // or `to` is no other voter.
  bool transfer(const ReplicaId& to, Instant now);
  // The driver has raised the log start of this leader's log.
  void start_moved(Instant now);
  // The driver has compacted the log: LogView::cleaned_to() has moved.
  void cleaned(Instant now);
  void resign(Instant now);  // gives up leadership without a successor
  // Ends this replica's part in the group: its broker's pulses and answers no longer include it.
  void retire();
  Output take_output();

  // -- Sending the log to followers. The driver asks for a plan (and takes the output, which may have a StartOver
  // instead), reads the batches, calls append_sent(), and sends them if that returned true. If the group's term or the
  // follower's progress changed meanwhile, the plan is void and append_sent() returns false.
  std::vector<ReplicaId> followers_needing_append()
      const;  // the followers for which plan_append() has an append, ascending
  // Whether the driver may delay the follower's next append for any time: the follower catches up, is not in sync, and
  // the others can commit without it.
  bool throttled(const ReplicaId& peer, Instant now) const;
  // Off: throttled() is false for all followers, whatever the settings say.
  void set_throttling(bool on) { throttling_ = on; }
  std::optional<AppendPlan> plan_append(const ReplicaId& peer, Instant now);
  bool append_sent(const ReplicaId& peer, AppendPlan& plan, Offset end, Instant now);
  // The connection to the peer was interrupted: messages sent on it may be lost.
  void peer_lost(const ReplicaId& peer);

  // -- State.
  const ReplicaId& self() const { return self_; }
  Role role() const { return role_; }
  Epoch term() const { return state_.term; }
  std::optional<ReplicaId> leader() const { return leader_; }
  Offset commit() const { return commit_; }
  const HardState& hard_state() const { return state_; }
  const Configuration& configuration() const { return state_.configuration.configuration; }
  const ConfigurationMark& configuration_mark() const { return state_.configuration.mark; }
  // Whether this replica leads and its configuration has replaced all earlier ones: no earlier one can decide anything
  // any more. See docs/raft.md, "Members", rule 4.
  bool configuration_settled() const;
  // Whether only a sync of the log is missing for this replica to count in this term. If every append is synced, that
  // sync needs no request.
  bool awaits_sync() const;
  // Whether this leader knows everything that was ever committed, which is everything below commit() (Raft §8).
  bool established() const { return role_ == Role::leader && commit_ >= *term_start_; }
  // Whether this leader's log begins no lower than any log start that an earlier leader may have told a client.
  bool start_known() const { return role_ == Role::leader && log_.start() >= start_owed_; }
  // The log start that a quorum has, so that no later leader begins lower; at most the log start of each follower that
  // answers and has not been told of a later one.
  Offset start_kept(Instant now) const;
  // Whether this follower's log begins no lower than the log start that its leader last sent.
  bool begins_as_told() const { return leaders_start_ && log_.start() >= *leaders_start_; }
  // Whether clients may append here now.
  bool accepts_appends() const { return role_ == Role::leader && !transfer_; }
  // Until this instant no other leader can have committed anything (Raft thesis §6.4.1).
  Instant lease_until() const;
  // Whether a quorum has answered this leader lately (check-quorum): if not, it is deposed by the next tick(). The
  // lease is stricter: it counts from when a message was sent.
  bool quorum_heard(Instant now) const;
  // Whether, as far as this replica knows, the group is idle and pulses replace its heartbeats.
  bool quiesced() const;
  const Progress* progress(const ReplicaId& peer) const;
  // The voters in sync with this leader, itself included, ascending: those that have everything that its log had at
  // some time within the last replica_lag_max (Kafka's ISR). A new leader counts all voters until it can know better.
  std::vector<ReplicaId> in_sync(Instant now) const;
  // The largest offset up to which at least `count` voters (1 to all of them) have stored this leader's log.
  Offset reached_by(std::size_t count) const;
  // The offset up to which a follower, or this leader itself, has stored this leader's log, if that counts for commits;
  // else 0.
  Offset match_of(const ReplicaId& id) const { return acknowledged_by(id).value_or(0); }
  const std::vector<ReplicaId>& target() const { return target_; }
  // Compaction may remove tombstones and markers below: no member has, nor will any later one have, a record that they
  // delete, or of a transaction that they end.
  Offset tombstones_removable() const { return removable_; }

 private:
  Raft(const Raft&) = default;

  struct Transfer {
    ReplicaId to;
    Instant give_up_at;
    bool told = false;
  };

  // raft.cpp
  void begin(Instant now);
  Epoch last_epoch() const { return log_.epochs().latest().value_or(-1); }
  std::optional<Epoch> epoch_before(Offset offset) const;  // nullopt: no longer known
  void store() { store_due_ = true; }
  void send(const ReplicaId& to, decltype(Message::body) body, std::optional<Epoch> term = {});
  void become_follower(Epoch term, std::optional<ReplicaId> leader);
  void become_leader();
  void reset_election_timer() { wait_for_leader(now_); }
  void wait_for_leader(Instant since);
  void stand_again_soon();
  bool is_possible(const Message& message) const;
  bool is_vouched_for(const Message& message);
  void commit_to(Offset offset);
  void keep_commit_in_log();

  // election.cpp
  bool may_stand() const { return state_.damage == 0 && configuration().is_voter(self_); }
  bool hears_leader() const;
  bool up_to_date(const VoteRequest& request) const;
  void stand(bool pre_vote, bool transfer);
  void count_votes();
  void begin_where_others_do();
  void on(const Message& message, const VoteRequest& request);
  void on(const Message& message, const VoteReply& reply);
  bool learn_from(const VoteReply& reply);
  void on(const Message& message, const TimeoutNow& body);

  // follower.cpp
  bool heard_leader(const ReplicaId& leader);
  void on(const Message& message, const AppendRequest& request);
  void on(const Message& message, const Heartbeat& heartbeat);
  void on(const Message& message, const StartOver& request);
  bool fits(const AppendRequest& request) const;
  HeartbeatReply alive(Instant sent_at) const;
  std::optional<Offset> first_difference(const AppendRequest& request) const;
  std::optional<Offset> older_tail() const;
  bool cut(Offset offset);
  bool agrees_with_leader() const;
  bool may_take_term() const;
  void take_term();
  void refuse(const AppendRequest& request, Verdict verdict);
  void acknowledge();
  Offset kept() const { return std::min(verified_, log_.stable_end()); }
  void advance_log_start(Offset offset);

  // replication.cpp
  void on(const Message& message, const AppendReply& reply);
  void on(const Message& message, const HeartbeatReply& reply);
  template <class Reply>
  bool hear(Progress& progress, const Reply& reply);
  void note_damage(Progress& progress, std::uint64_t damage);
  std::uint64_t healed(const Progress& progress) const;
  std::uint64_t tell_healed(const ReplicaId& id, const Progress& progress);
  bool may_serve(const ReplicaId& id, const Progress& progress) const;
  void send_heartbeats();
  void advance_commit();
  void tell_commit();
  bool keeps_up(const ReplicaId& id, Instant now) const;
  // The log start that followers are sent: at least any that an earlier leader may have told a client.
  Offset announced_start() const { return std::max(log_.start(), start_owed_); }
  void lead_on();  // a leader's next steps, after each input that may allow them
  void continue_transfer();

  // quiescence.cpp
  bool may_quiesce() const;
  void wake();
  void forget_peers();
  void consider_quiescing(const ReplicaId& peer, Progress& progress, const HeartbeatReply& reply);
  bool agree_to_quiesce(const ReplicaId& leader, const Heartbeat& heartbeat);
  void end_quiescence(bool leader_knows);
  void end_quiescence_from(Instant sent_at);
  Instant leader_heard_at() const { return watch_ ? std::max(leader_heard_at_, watch_->heard_at) : leader_heard_at_; }

  // reconfiguration.cpp
  void change_to(Configuration configuration);
  bool is_possible(const MarkedConfiguration& configuration) const;
  void take(const std::optional<MarkedConfiguration>& configuration);
  std::optional<MarkedConfiguration> news_for(const Progress& progress) const;
  // The offset up to which the replica has acknowledged this leader's log in this term; nullopt: none counts.
  std::optional<Offset> acknowledged_by(const ReplicaId& id) const;
  void continue_reconfiguration();
  void adopt_members(const ConfigurationMark& joined = {-1, -1});

  const ReplicaId self_;
  const RaftSettings settings_;
  bool throttling_ = true;
  const LogView& log_;
  Liveness* const liveness_;
  Random random_;
  Instant now_;
  HardState state_;
  bool store_due_ = false;  // the next output stores the state as it is when the output is taken
  Output output_;

  Role role_ = Role::follower;
  std::optional<ReplicaId> leader_;
  Offset commit_;
  Instant election_at_;
  Instant leader_heard_at_;
  // The log end of this term's leader at its election; known once an append has carried it.
  std::optional<Offset> term_start_;
  Epoch stored_log_term_ = -1;              // as it is on stable storage
  ConfigurationMark stored_configuration_;  // likewise
  // Follower: the log is known to agree with this term's leader's below this offset.
  Offset verified_ = 0;
  Offset acknowledged_ = -1;             // in the last acknowledgement
  std::optional<Offset> leaders_start_;  // the leader's log start, as it last sent it
  struct Pending {
    Offset end;
    Offset commit;
    Instant sent_at;
  };
  std::optional<Pending> pending_;     // an append, or a start over, that the driver carries out
  Instant append_sent_at_ = long_ago;  // of the last append from the leader, by the leader's clock
  // The group is quiesced: the leader asked for it at `quiesced_by_` (its clock). The watch of its shard's pulses.
  std::shared_ptr<const Watch> watch_;
  ReplicaId quiesced_under_;
  Instant quiesced_by_ = long_ago;
  Instant latest_sent_at_ = long_ago;  // the latest sending time of this leader's messages

  // tombstones.cpp
  bool may_hold_deleted(Offset bound) const;
  void hear_tombstones(Offset bound, Offset removable);
  void consider_tombstones();

  Offset removable_ = 0;      // see tombstones_removable()
  Offset leaders_bound_ = 0;  // of a follower: the bound that the leader sent last

  std::map<ReplicaId, Epoch> far_terms_;  // terms beyond term_leap_max that voters have sent messages in

  // Candidate.
  std::map<ReplicaId, bool> votes_;
  bool standing_by_transfer_ = false;

  // Leader.
  std::map<ReplicaId, Progress> peers_;
  // For each follower the number of the damage that it was last told is repaired; kept while it is temporarily no
  // member.
  std::map<ReplicaId, std::uint64_t> told_healed_;
  Offset start_owed_ = 0;  // the highest log start of the replicas that voted for this leader
  Instant led_since_;
  Instant heartbeat_at_;
  Instant busy_at_;  // of the last event that followers have to learn of
  Offset told_log_start_ = 0;
  Instant start_moved_at_;
  std::optional<Transfer> transfer_;
  std::vector<ReplicaId> target_;           // voters
  std::vector<ReplicaId> target_learners_;  // unused while there is no target
};

}  // namespace fulmar
