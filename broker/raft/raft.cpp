#include "broker/raft/raft.h"

#include <algorithm>

#include "runtime/base/assert.h"
#include "runtime/base/mark.h"

namespace fulmar {

namespace {

bool from_leader(const Message& message) {
  return std::holds_alternative<AppendRequest>(message.body) || std::holds_alternative<Heartbeat>(message.body) ||
         std::holds_alternative<StartOver>(message.body);
}

}  // namespace

Raft::Raft(ReplicaId self, const RaftSettings& settings, const LogView& log, HardState state, Offset commit,
           Random random, Instant now, Liveness* liveness)
    : self_(self),
      settings_(settings),
      log_(log),
      liveness_(settings.quiesces ? liveness : nullptr),
      random_(random),
      now_(now),
      state_(std::move(state)),
      commit_(std::clamp(commit, log.start(), log.end())) {
  // The log has an epoch above the stored term: the vote in that term is lost.
  if (last_epoch() > state_.term) {
    FULMAR_MARK("raft: log ahead of the stored term");
    state_.term = last_epoch();
    state_.vote.reset();
    store();
  }
  if (state_.log_term == log_term_of_last_batch) {
    FULMAR_MARK("raft: log term taken from the last batch");
    state_.log_term = last_epoch();
    store();
  }
  // A damaged replica's log term no longer holds. It does not vote until a leader has sent it everything again.
  if (state_.damage != 0) {
    FULMAR_MARK("raft: begins damaged");
    state_.log_term = -1;
  }
  stored_log_term_ = state_.log_term;
  stored_configuration_ = state_.configuration.mark;
  // A restarted voter does not know when it last answered a leader: it may have just extended a leader's lease.
  leader_heard_at_ = state_.term < 0 ? long_ago : now;
  reset_election_timer();
  if (!may_stand() || configuration().all_voters() != std::vector{self_}) return;
  if (state_.solo && state_.vote == self_ && state_.term >= last_epoch()) {
    FULMAR_MARK("raft: leads alone");
    become_leader();
  } else
    stand(false, false);
}

std::optional<Epoch> Raft::epoch_before(Offset offset) const {
  return offset == 0 ? -1 : log_.epochs().epoch_of(offset - 1);
}

void Raft::send(const ReplicaId& to, decltype(Message::body) body, std::optional<Epoch> term) {
  output_.messages.push_back({self_, to, term.value_or(state_.term), std::move(body)});
}

// The driver has carried out all of the last Output.
void Raft::begin(Instant now) {
  now_ = now;
  if (store_due_) return;
  stored_log_term_ = state_.log_term;
  stored_configuration_ = state_.configuration.mark;
}

Output Raft::take_output() {
  if (std::exchange(store_due_, false)) output_.store = state_;
  return std::exchange(output_, {});
}

void Raft::wait_for_leader(Instant since) {
  auto timeout = settings_.election_timeout.count();
  election_at_ = since + Duration(random_.between(timeout, timeout + timeout / 2));
}

void Raft::stand_again_soon() {
  auto timeout = settings_.election_timeout.count();
  election_at_ = std::min(election_at_, now_ + Duration(random_.between(timeout / 4, timeout / 2)));
}

void Raft::become_follower(Epoch term, std::optional<ReplicaId> leader) {
  FULMAR_ASSERT(term >= state_.term);
  if (term > state_.term) {
    state_.term = term;
    far_terms_.clear();
    state_.vote.reset();
    store();
  }
  if (role_ != Role::follower) reset_election_timer();
  end_quiescence(false);
  role_ = Role::follower;
  leader_ = leader;
  leaders_start_.reset();
  verified_ = 0;
  term_start_.reset();
  acknowledged_ = -1;
  append_sent_at_ = latest_sent_at_ = long_ago;
  pending_.reset();
  votes_.clear();
  forget_peers();
  told_healed_.clear();
  transfer_.reset();
  target_.clear();
}

void Raft::become_leader() {
  FULMAR_MARK("raft: leader elected");
  role_ = Role::leader;
  leader_ = self_;
  pending_.reset();
  votes_.clear();
  forget_peers();
  told_healed_.clear();
  transfer_.reset();
  target_.clear();
  term_start_ = log_.end();
  led_since_ = busy_at_ = now_;
  heartbeat_at_ = now_;
  // The configuration gets this term before the leader commits anything, so that no earlier leader changes the same
  // one.
  if (!state_.solo) {
    state_.configuration.mark.term = state_.term;
    store();
  }
  if (state_.solo) commit_to(log_.stable_end());
  adopt_members();
  if (may_take_term()) take_term();
}

// Whether this log agrees with the log of this term's leader, at least up to where that ended at its election.
bool Raft::agrees_with_leader() const {
  if (role_ == Role::leader) return true;
  return role_ == Role::follower && leader_ && !pending_ && term_start_ && verified_ >= *term_start_ && !older_tail();
}

// Only once the log is on stable storage up to term_start_, and the truncations too: otherwise a power loss could bring
// back a log that does not deserve this log term.
bool Raft::may_take_term() const {
  if (state_.solo || state_.log_term == state_.term) return false;
  return agrees_with_leader() && log_.synced_end() >= *term_start_;
}

void Raft::take_term() {
  FULMAR_MARK("raft: log term raised");
  state_.log_term = state_.term;
  store();
}

bool Raft::awaits_sync() const {
  return !state_.solo && state_.log_term != state_.term && agrees_with_leader() && log_.synced_end() < *term_start_;
}

void Raft::tick(Instant now) {
  begin(now);
  if (role_ == Role::leader) {
    if (quiesced()) return;
    bool over = std::any_of(peers_.begin(), peers_.end(), [](const auto& peer) { return peer.second.watch_is_over(); });
    if (over || told_log_start_ != log_.start()) wake();
    if (!quorum_heard(now)) {
      FULMAR_MARK("raft: steps down without a quorum");
      become_follower(state_.term, std::nullopt);
      return;
    }
    for (auto& [id, progress] : peers_)
      if (progress.stalled_since(now - settings_.election_timeout)) {
        FULMAR_MARK("raft: stalled follower probed");
        progress.lost();
      }
    lead_on();
    if (role_ == Role::leader && now >= heartbeat_at_) send_heartbeats();
    return;
  }
  if (watch_ && !watch_->over) return;
  end_quiescence(true);
  if (now < election_at_) return;
  reset_election_timer();
  if (may_stand()) {
    FULMAR_MARK("raft: election timer expired");
    stand(true, false);
  }
}

// Whether time alone makes a leader act: it reacts to everything else when it receives the input.
bool Raft::is_due(Instant now) const {
  if (role_ != Role::leader) return watch_ ? watch_->over : now >= election_at_;
  if (quiesced()) return false;
  if (now >= heartbeat_at_ || told_log_start_ != log_.start() || (established() && !start_known())) return true;
  if (transfer_ || !target_.empty() || configuration().joint() || !configuration().is_voter(self_)) return true;
  return !quorum_heard(now) || std::any_of(peers_.begin(), peers_.end(), [&](const auto& entry) {
    const auto& progress = entry.second;
    return progress.watch_is_over() || progress.stalled_since(now - settings_.election_timeout) ||
           (progress.may_send(log_.end(), settings_) && !throttled(entry.first, now));
  });
}

void Raft::campaign(Instant now) {
  begin(now);
  if (role_ == Role::leader || !may_stand()) return;
  reset_election_timer();
  stand(true, false);
}

void Raft::receive(const Message& message, Instant now) {
  FULMAR_ASSERT(message.to == self_);
  begin(now);
  const auto* vote = std::get_if<VoteRequest>(&message.body);
  if (!is_possible(message)) return;
  if (vote && role_ == Role::leader && progress(message.from)) wake();  // the candidate gets no heartbeats
  if (vote && !vote->transfer && hears_leader()) {
    FULMAR_MARK("raft: vote refused while a leader is heard");
    // A candidate so far behind does not trust the leader's term alone; this reply vouches for it.
    if (vote->pre_vote && state_.term - message.term >= term_leap_max) {
      FULMAR_MARK("raft: far candidate told the term");
      send(message.from, VoteReply{true, false});
    }
    return;
  }
  const auto* vote_reply = std::get_if<VoteReply>(&message.body);
  // A pre-vote request, and a reply that grants one, carry the term of an election that has not begun.
  bool hypothetical = (vote && vote->pre_vote) || (vote_reply && vote_reply->pre_vote && vote_reply->granted);
  if (message.term > state_.term && !hypothetical && !is_vouched_for(message)) {
    FULMAR_MARK("raft: later term not believed");
    return;
  }
  if (message.term > state_.term && !hypothetical) {
    FULMAR_MARK("raft: later term heard");
    become_follower(message.term, from_leader(message) ? std::optional(message.from) : std::nullopt);
  }
  if (message.term < state_.term) {
    // The sender is behind: it learns the term from the reply.
    if (from_leader(message)) {
      FULMAR_MARK("raft: leader of a past term heard");
      send(message.from, HeartbeatReply{0, state_.damage, {}, {}});
    }
    if (vote) send(message.from, VoteReply{vote->pre_vote, false});
    if (vote_reply) learn_from(*vote_reply);
    return;
  }
  std::visit([&](const auto& body) { on(message, body); }, message.body);
}

// Whether a correct replica may have sent it: a reply to a message with a sent_at later than now cannot be one.
bool Raft::is_possible(const Message& message) const {
  if (const auto* reply = std::get_if<AppendReply>(&message.body)) return reply->sent_at <= now_;
  if (const auto* reply = std::get_if<HeartbeatReply>(&message.body)) return reply->sent_at <= now_;
  // No log has a batch of a term later than its leader's.
  if (const auto* append = std::get_if<AppendRequest>(&message.body))
    return append->epochs.empty() || append->epochs.back().epoch <= message.term;
  if (const auto* over = std::get_if<StartOver>(&message.body)) return over->epoch <= message.term && over->offset >= 0;
  return true;
}

// Whether to trust a later term. A replica without a vote trusts any: it decides no election.
bool Raft::is_vouched_for(const Message& message) {
  if (message.term - state_.term <= term_leap_max || !may_stand()) return true;
  if (!configuration().is_voter(message.from)) {
    FULMAR_MARK("raft: far term of no voter");
    return false;
  }
  auto& said = far_terms_.try_emplace(message.from, -1).first->second;
  said = std::max(said, message.term);
  auto reached = configuration().reached_by_quorum([&](const ReplicaId& id) {
    auto found = far_terms_.find(id);
    return std::int64_t{found == far_terms_.end() ? -1 : found->second};
  });
  return reached > state_.term && message.term - reached <= term_leap_max;
}

// A truncation removes whole batches, so perhaps more than was asked for. A log that starts over begins with offsets
// that are committed elsewhere.
void Raft::keep_commit_in_log() {
  commit_ = std::clamp(commit_, log_.start(), log_.end());
}

void Raft::log_changed(Instant now) {
  begin(now);
  keep_commit_in_log();
  if (role_ == Role::leader) {
    busy_at_ = now;
    wake();
    lead_on();
    return;
  }
  if (!pending_) return;
  auto done = *std::exchange(pending_, std::nullopt);
  FULMAR_ASSERT(log_.end() >= done.end);
  verified_ = std::max(verified_, done.end);
  append_sent_at_ = done.sent_at;
  commit_to(std::min(done.commit, verified_));
  if (role_ == Role::candidate) {
    FULMAR_MARK("raft: candidate has begun anew");
    return count_votes();
  }
  if (log_.stable_end() >= done.end) acknowledge();
}

void Raft::append_failed(Instant now) {
  begin(now);
  FULMAR_MARK("raft: append failed");
  pending_.reset();
  verified_ = std::min(verified_, log_.end());
  keep_commit_in_log();
  if (role_ == Role::leader) {
    FULMAR_MARK("raft: leader steps down after a failed append");
    become_follower(state_.term, std::nullopt);
  }
}

void Raft::stable_moved(Instant now) {
  begin(now);
  if (role_ == Role::leader)
    lead_on();
  else if (leader_ && (kept() > std::max(acknowledged_, Offset{0}) || may_take_term()))
    acknowledge();
}

void Raft::resign(Instant now) {
  begin(now);
  if (role_ == Role::leader) become_follower(state_.term, std::nullopt);
}

void Raft::commit_to(Offset offset) {
  if (offset <= commit_) return;
  FULMAR_ASSERT(offset <= log_.end());
  commit_ = offset;
}

const Progress* Raft::progress(const ReplicaId& peer) const {
  auto found = peers_.find(peer);
  return found == peers_.end() ? nullptr : &found->second;
}

std::optional<Offset> Raft::acknowledged_by(const ReplicaId& id) const {
  // Acknowledgements of earlier terms, or before the log term was this term, say nothing about later leaders' logs.
  if (id == self_)
    return state_.solo || stored_log_term_ == state_.term ? std::optional(log_.stable_end()) : std::nullopt;
  const auto* known = progress(id);
  bool counts = known && known->counts() && known->is_of_term() && known->match() >= *term_start_;
  return counts ? std::optional(known->match()) : std::nullopt;
}

}  // namespace fulmar
