// Raft: one replica's part in one group, as a pure state machine over Kafka offsets (Ongaro & Ousterhout 2014, and
// Ongaro's thesis for pre-vote, leases, transfer and learners).
//
// No I/O, no clock, no fiber: whoever drives it tells it the time, messages and what became of the log, one at a time,
// and after each input takes the Output and does what it says before the next input. Entries are batches on the log's
// disk; the core decides by offsets and by the epochs of the LogView, and never sees a record.
//
// What it keeps, by the tests of tests/raft: at most one leader per term; a leader only adds to its log; a follower
// never removes what is committed; what is committed is in the log of every later leader; what was told to others
// (terms, votes, matches) was on stable storage first.
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

// What an input asks for, in the order in which it has to be done. Nothing below may begin before all above it is done.
struct Output {
  std::optional<HardState> store;       // to stable storage; then call stable_moved()
  std::optional<StartOver> start_over;  // forget the log, begin anew; then call log_changed()
  std::optional<Offset> truncate_to;    // drop what is at and after, for good; then call log_changed()
  std::optional<Offset> append_from;    // append what came with the request, from there; then call log_changed()
  std::optional<Offset> log_start;      // what is below may go (never beyond the commit index)
  std::vector<Message> messages;
};

// The next append to a follower; the driver reads the batches, and fills in end and epochs.
struct AppendPlan {
  Message message;         // its body is an AppendRequest
  bool throttled = false;  // see Raft::throttled()
};

class Raft {
 public:
  // `state` as stored last (a group's first replicas: only its configuration given, with no mark); `commit`: known to
  // be committed, may lag.
  // `liveness`: of the shard; null: never quiesced.
  Raft(ReplicaId self, const RaftSettings& settings, const LogView& log, HardState state, Offset commit, Random random,
       Instant now, Liveness* liveness = nullptr);
  ~Raft();
  Raft& operator=(const Raft&) = delete;
  // For exhaustive searches (tests/raft/exhaustive). Another one in the same state, over the same LogView; only without
  // a liveness. And what decides what it will say, store, cut and commit, times and the pace of feeding left out; as if
  // the replicas had other names.
  std::unique_ptr<Raft> clone() const;
  std::string fingerprint(const Renaming& rename) const;

  // -- Inputs. After each: take_output().
  // At least four times per heartbeat interval; while quiesced(), only once a watch of the liveness has ended.
  void tick(Instant now);
  // Whether anything would come of a tick now; it may be left out if not.
  bool is_due(Instant now) const;
  void receive(const Message& message, Instant now);
  // The log is as the last Output asked, or this leader's own batches were appended to it.
  void log_changed(Instant now);
  // Appending what the last Output asked for failed, and the log is as it was (no space).
  void append_failed(Instant now);
  // More of the log is on stable storage, or the state is that the last Output asked to store.
  void stable_moved(Instant now);
  // Stand for election without waiting (a group's first; its preferred leader).
  void campaign(Instant now);
  // The group's first configuration, for a replica that knows none and has no log.
  void found(Configuration configuration, Instant now);
  // The voters wanted, and those who are to be learners for good, each ascending and nobody in both. New voters are
  // learners first, then joint and final configurations follow by themselves (Raft §6); kept until reached. Only a
  // leader can; others ignore it.
  void set_target(std::vector<ReplicaId> voters, Instant now, std::vector<ReplicaId> learners = {});
  // Hands leadership to a voter, once it has everything. False if this is no leader or that no voter.
  bool transfer(const ReplicaId& to, Instant now);
  // The driver has moved the start of this leader's log up.
  void start_moved(Instant now);
  void resign(Instant now);  // gives up leadership without a successor
  // This replica takes no part any more: nobody may count on it.
  void retire();
  Output take_output();

  // -- Feeding followers. The driver asks for a plan (and takes the output: there may be a StartOver instead), reads,
  // and says what it sent; the plan is void if anything of the group's term or of that follower's progress changed
  // meanwhile, and append_sent() returns false.
  std::vector<ReplicaId> hungry() const;  // those for whom plan_append() would have something, ascending
  // Whether the driver may let the follower wait for its next append, as long as it likes: it catches up, is not in
  // sync, and the others are enough to commit without it.
  bool throttled(const ReplicaId& peer, Instant now) const;
  // Off: nobody is throttled for now, whatever the settings say.
  void set_throttling(bool on) { throttling_ = on; }
  std::optional<AppendPlan> plan_append(const ReplicaId& peer, Instant now);
  bool append_sent(const ReplicaId& peer, AppendPlan& plan, Offset end, Instant now);
  // The way to the peer was interrupted: what was sent may be lost.
  void peer_lost(const ReplicaId& peer);

  // -- What is known.
  const ReplicaId& self() const { return self_; }
  Role role() const { return role_; }
  Epoch term() const { return state_.term; }
  std::optional<ReplicaId> leader() const { return leader_; }
  Offset commit() const { return commit_; }
  const HardState& hard_state() const { return state_; }
  const Configuration& configuration() const { return state_.configuration.configuration; }
  const ConfigurationMark& configuration_mark() const { return state_.configuration.mark; }
  // Whether nothing is ever decided by an earlier configuration again than that which is in force at this leader's.
  bool configuration_settled() const;
  // Whether only a sync of the log is missing for this replica to count in this term. Where each append is synced that
  // comes by itself.
  bool awaits_sync() const;
  // The leader knows all that was ever committed, and everything up to commit() is (Raft §8).
  bool established() const { return role_ == Role::leader && commit_ >= *term_start_; }
  // This leader's log begins no lower than what any earlier leader has said to a client.
  bool start_known() const { return role_ == Role::leader && log_.start() >= start_owed_; }
  // Where the logs of a quorum begin, at least, so that no later leader's will begin lower; and not above what each
  // follower that answers has been told.
  Offset start_kept(Instant now) const;
  // Whether this follower's log begins no lower than its leader has told.
  bool begins_as_told() const { return leaders_start_ && log_.start() >= *leaders_start_; }
  // Clients may append here now.
  bool accepts_appends() const { return role_ == Role::leader && !transfer_; }
  // No other leader can have committed anything before this instant (Raft thesis §6.4.1).
  Instant lease_until() const;
  // Nothing happens, and pulses stand in for the group's heartbeats, as far as this replica knows.
  bool quiesced() const;
  const Progress* progress(const ReplicaId& peer) const;
  // A leader's voters that keep up, itself among them, ascending: those that by now have all that its log had at some
  // moment of the last replica_lag_max (Kafka's ISR). A leader that is new assumes the best of all until it can know.
  std::vector<ReplicaId> in_sync(Instant now) const;
  // The largest offset up to which at least so many voters, one to all of them, keep this leader's log.
  Offset reached_by(std::size_t count) const;
  // Up to where a leader's follower, or it itself, keeps its log, as far as that counts.
  Offset match_of(const ReplicaId& id) const { return acknowledged_by(id).value_or(0); }
  const std::vector<ReplicaId>& target() const { return target_; }

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
  std::optional<Epoch> epoch_before(Offset offset) const;  // nullopt: not known any more
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
  void note_damage(Progress& progress, std::uint64_t damage);
  std::uint64_t healed(const Progress& progress) const;
  std::uint64_t tell_healed(const ReplicaId& id, const Progress& progress);
  bool may_serve(const ReplicaId& id, const Progress& progress) const;
  void send_heartbeats();
  void advance_commit();
  void tell_commit();
  bool quorum_heard(Instant now) const;
  bool keeps_up(const ReplicaId& id, Instant now) const;
  // What followers are told of the log's start: what an earlier leader may have said to a client, too.
  Offset announced_start() const { return std::max(log_.start(), start_owed_); }
  void lead_on();  // what a leader does next, after anything that may let it
  void continue_transfer();

  // quiescence.cpp
  bool may_quiesce() const;
  void wake();
  void forget_peers();
  void consider_quiescing(const ReplicaId& peer, Progress& progress, const HeartbeatReply& reply);
  bool agree_to_quiesce(const ReplicaId& leader, const Heartbeat& heartbeat);
  void rouse(bool leader_knows);
  void rouse_for(Instant sent_at);
  Instant leader_heard_at() const { return watch_ ? std::max(leader_heard_at_, watch_->heard_at) : leader_heard_at_; }

  // reconfiguration.cpp
  void change_to(Configuration configuration);
  void take(const std::optional<MarkedConfiguration>& configuration);
  std::optional<MarkedConfiguration> news_for(const Progress& progress) const;
  // Up to where it has said in this term to keep this leader's log; nullopt: nothing that counts.
  std::optional<Offset> acknowledged_by(const ReplicaId& id) const;
  void continue_reconfiguration();
  void adopt_members();

  const ReplicaId self_;
  const RaftSettings settings_;
  bool throttling_ = true;
  const LogView& log_;
  Liveness* const liveness_;
  Random random_;
  Instant now_;
  HardState state_;
  bool store_due_ = false;  // the state, as it is when the output is taken
  Output output_;

  Role role_ = Role::follower;
  std::optional<ReplicaId> leader_;
  Offset commit_;
  Instant election_at_;
  Instant leader_heard_at_;
  // Where the log of this term's leader ended when it was elected, once that is known: an append tells.
  std::optional<Offset> term_start_;
  Epoch stored_log_term_ = -1;              // on stable storage by now
  ConfigurationMark stored_configuration_;  // likewise
  // Follower: up to where the log is known to agree with this term's leader's.
  Offset verified_ = 0;
  Offset acknowledged_ = -1;             // last told
  std::optional<Offset> leaders_start_;  // where this leader's log begins, as it has told
  struct Pending {
    Offset end;
    Offset commit;
    Instant sent_at;
  };
  std::optional<Pending> pending_;     // an append, or a start over, being done by the driver
  Instant append_sent_at_ = long_ago;  // of the last append from the leader, by the leader's clock
  // The group is quiesced, by the leader's asking of `quiesced_by_`; its pulses are watched.
  std::shared_ptr<const Watch> watch_;
  ReplicaId quiesced_under_;
  Instant quiesced_by_ = long_ago;
  Instant latest_sent_at_ = long_ago;  // of what came from this leader

  std::map<ReplicaId, Epoch> far_terms_;  // that voters have spoken in, beyond what is believed of one alone

  // Candidate.
  std::map<ReplicaId, bool> votes_;
  bool standing_by_transfer_ = false;

  // Leader.
  std::map<ReplicaId, Progress> peers_;
  // Of each follower the last damage that it was told is made good: also while it is no member for a moment.
  std::map<ReplicaId, std::uint64_t> told_healed_;
  Offset start_owed_ = 0;  // where the logs of those begin that have voted for this leader, at most
  Instant led_since_;
  Instant heartbeat_at_;
  Instant busy_at_;  // when something happened last that followers have to hear of
  Offset told_log_start_ = 0;
  Instant start_moved_at_;
  std::optional<Transfer> transfer_;
  std::vector<ReplicaId> target_;           // voters
  std::vector<ReplicaId> target_learners_;  // of no meaning while there is no target
};

}  // namespace fulmar
