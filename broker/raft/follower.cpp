// How a follower handles a leader's messages (Raft figure 2, AppendEntries and InstallSnapshot).
#include <algorithm>

#include "broker/raft/raft.h"
#include "runtime/base/assert.h"
#include "runtime/base/mark.h"

namespace fulmar {

// Returns false if this term has another leader already (Raft §5.2): then the sender is faulty.
bool Raft::heard_leader(const ReplicaId& leader) {
  if (role_ == Role::leader) {
    FULMAR_MARK("raft: leader hears another leader of its term");
    return false;
  }
  if (role_ == Role::follower && leader_ && leader_ != leader) {
    FULMAR_MARK("raft: second leader of a term");
    return false;
  }
  if (role_ != Role::follower || leader_ != leader) become_follower(state_.term, leader);
  leader_heard_at_ = now_;
  reset_election_timer();
  return true;
}

void Raft::refuse(const AppendRequest& request, Verdict verdict) {
  FULMAR_MARK("raft: append refused");
  AppendReply reply{.verdict = verdict, .prev_offset = request.prev_offset, .log_end = log_.end()};
  reply.damage = state_.damage;
  reply.log_start = log_.start();
  reply.configuration = state_.configuration.mark;
  reply.cleaned_to = log_.cleaned_to();
  reply.tombstone_bound = log_.tombstone_bound();
  reply.sent_at = request.sent_at;
  auto end = log_.epochs().end_of(request.prev_epoch, log_.end());
  reply.hint = end ? *end : EpochCache::Entry{-1, log_.start()};
  reply.hint.start_offset = std::min(reply.hint.start_offset, request.prev_offset);
  send(*leader_, reply);
}

void Raft::acknowledge() {
  if (may_take_term()) take_term();
  acknowledged_ = kept();
  AppendReply reply{.verdict = Verdict::matched, .match = acknowledged_, .log_end = log_.end()};
  reply.damage = state_.damage;
  reply.log_start = log_.start();
  reply.log_term = state_.log_term;
  reply.configuration = state_.configuration.mark;
  reply.cleaned_to = log_.cleaned_to();
  reply.tombstone_bound = log_.tombstone_bound();
  reply.sent_at = append_sent_at_;
  send(*leader_, reply);
}

// The offset at which the append first differs from this log, or goes beyond its end; nullopt if the log has all of it.
std::optional<Offset> Raft::first_difference(const AppendRequest& request) const {
  auto at = std::max(request.prev_offset, log_.start());
  for (std::size_t i = 0; i < request.epochs.size(); ++i) {
    auto span_end = i + 1 < request.epochs.size() ? request.epochs[i + 1].start_offset : request.end;
    while (at < span_end) {
      if (at >= log_.end()) return log_.end();
      auto mine = log_.epochs().epoch_of(at);
      const auto& known = log_.epochs().entries();
      if (!mine && !known.empty() && known.front().start_offset > at) {
        FULMAR_MARK("raft: append compared in a hole");
        at = std::min(span_end, known.front().start_offset);  // the log begins with a hole: nothing there differs
        continue;
      }
      if (mine != request.epochs[i].epoch) return at;
      at = std::min(span_end, log_.epochs().end_of(*mine, log_.end())->start_offset);
    }
  }
  return std::nullopt;
}

// Whether the log here agrees with the leader's up to where the append begins.
bool Raft::fits(const AppendRequest& request) const {
  auto at = request.prev_offset;
  if (at < log_.held_from()) return true;  // offsets that could differ are deleted
  auto before = epoch_before(at);
  if (before && request.prev_epoch != unknown_epoch) {
    FULMAR_MARK("raft: epochs before an append compared");
    return *before == request.prev_epoch;
  }
  // One of the two logs no longer knows the epoch before `at`. If both have the same batch at `at`, they agree before
  // it. An empty log agrees with any.
  if (log_.end() == at) return log_.held_from() == at;
  return !request.epochs.empty() && log_.epochs().epoch_of(at) == request.epochs.front().epoch;
}

// The offset where batches of earlier leaders begin that lie beyond term_start_. They are not committed, and this
// leader may never append anything that overwrites them. (The append's log_end is not used for this: the append may be
// late.)
std::optional<Offset> Raft::older_tail() const {
  if (!term_start_ || verified_ < *term_start_) return std::nullopt;
  auto from = std::max({*term_start_, verified_, log_.start()});  // what is verified is this leader's
  if (from >= log_.end()) return std::nullopt;
  auto epoch = log_.epochs().epoch_of(from);
  return epoch && *epoch < state_.term ? std::optional(from) : std::nullopt;
}

// Returns false, and truncates nothing, if the truncation would cross the commit index: no correct leader's log differs
// below it.
bool Raft::cut(Offset offset) {
  if (offset < commit_ && settings_.commits_are_stable) {
    FULMAR_MARK("raft: cut below the commit index refused");
    return false;
  }
  commit_ = std::min(commit_, offset);
  FULMAR_MARK("raft: divergent tail cut");
  verified_ = std::min(verified_, offset);
  output_.truncate_to = offset;
  return true;
}

void Raft::on(const Message& message, const AppendRequest& request) {
  if (!heard_leader(message.from)) return;
  take(request.configuration);
  leaders_start_ = request.log_start;
  end_quiescence_from(request.sent_at);
  term_start_ = request.term_start;
  leaders_bound_ = request.tombstone_bound;
  if (configuration().empty() || may_hold_deleted(request.tombstone_bound)) {
    FULMAR_MARK("raft: append to a log that may hold deleted records");
    return refuse(request, Verdict::start_over);
  }
  // The leader's log ends below this log's start: a majority lost its page cache. (Only the latest append counts:
  // the log_end of a late one is outdated.)
  bool is_latest = request.sent_at >= latest_sent_at_;
  if (!settings_.commits_are_stable && is_latest && request.log_end < log_.start()) {
    FULMAR_MARK("raft: leader of a page-cache group ends below the log");
    verified_ = 0;
    return refuse(request, Verdict::start_over);
  }
  hear_tombstones(request.tombstone_bound, 0);
  if (request.prev_offset > log_.end()) {
    FULMAR_MARK("raft: append beyond the end");
    return refuse(request, Verdict::mismatched);
  }
  if (request.prev_offset > commit_ ||
      !settings_.commits_are_stable) {  // else: what is committed is in every leader's log
    if (!fits(request))
      return refuse(request, request.prev_epoch == unknown_epoch ? Verdict::start_over : Verdict::mismatched);
  }
  advance_log_start(request.log_start);
  append_sent_at_ = request.sent_at;
  auto from = first_difference(request);
  if (!from) {
    verified_ = std::max(verified_, request.end);
    commit_to(std::min(request.commit, verified_));
    auto tail = older_tail();
    if (!tail || !cut(*tail)) return acknowledge();
    FULMAR_MARK("raft: tail of older epochs cut");
    pending_ = Pending{request.end, request.commit, request.sent_at};
    return;
  }
  if (*from < log_.end() && !cut(*from)) return;
  output_.append_from = *from;
  pending_ = Pending{request.end, request.commit, request.sent_at};
}

// What a log has that is to be started over does not count.
HeartbeatReply Raft::alive(Instant sent_at) const {
  const auto match = may_hold_deleted(leaders_bound_) ? Offset{0} : kept();
  HeartbeatReply reply{match, state_.damage, sent_at, {}, log_.start(), state_.log_term};
  reply.configuration = state_.configuration.mark;
  reply.cleaned_to = log_.cleaned_to();
  reply.tombstone_bound = log_.tombstone_bound();
  return reply;
}

void Raft::on(const Message& message, const Heartbeat& heartbeat) {
  if (!heard_leader(message.from)) return;
  take(heartbeat.configuration);
  leaders_start_ = heartbeat.log_start;
  // Only once this replica could be elected again by its log.
  if (heartbeat.healed != 0 && heartbeat.healed == state_.damage && state_.log_term == state_.term) {
    FULMAR_MARK("raft: damage healed");
    state_.damage = 0;
    store();
  }
  commit_to(std::min(heartbeat.commit, verified_));
  advance_log_start(heartbeat.log_start);
  leaders_bound_ = heartbeat.tombstone_bound;
  hear_tombstones(heartbeat.tombstone_bound, heartbeat.tombstones_removable);
  auto reply = alive(heartbeat.sent_at);
  if (agree_to_quiesce(message.from, heartbeat))
    reply.quiesced = liveness_->agreeing(message.from);
  else
    end_quiescence_from(heartbeat.sent_at);
  send(message.from, reply);
}

void Raft::on(const Message& message, const StartOver& request) {
  if (!heard_leader(message.from)) return;
  bool knew_its_group = !configuration().empty();
  take(request.configuration);
  end_quiescence_from(request.sent_at);
  append_sent_at_ = request.sent_at;
  term_start_ = request.term_start;
  leaders_bound_ = request.tombstone_bound;
  // The request may be a duplicate, or the missing batches have arrived since it was sent and were perhaps
  // acknowledged. (Without stable commits, committed offsets may have been lost on other replicas and have other
  // content here.)
  auto agreed = settings_.commits_are_stable ? std::max(commit_, verified_) : verified_;
  bool beyond = !settings_.commits_are_stable && verified_ == 0 && log_.start() > request.offset;
  // If this log has the leader's batch before the offset, it has everything before that batch too: nothing is missing,
  // and what follows may have been acknowledged.
  bool follows_on = log_.end() >= request.offset && epoch_before(request.offset) == request.epoch;
  bool clean = !may_hold_deleted(request.tombstone_bound);
  if (knew_its_group && (agreed >= request.offset || follows_on) && !beyond && clean) {
    FULMAR_MARK("raft: late request to start over");
    verified_ = std::max(verified_, request.offset);
    return acknowledge();
  }
  FULMAR_MARK("raft: log started over");
  output_.start_over = request;
  commit_ = std::min(commit_, request.offset);
  verified_ = 0;
  pending_ = Pending{request.offset, request.commit, request.sent_at};
}

void Raft::advance_log_start(Offset offset) {
  offset = std::min({offset, commit_, log_.stable_end()});
  if (offset > log_.start()) {
    FULMAR_MARK("raft: log start raised by the leader");
    output_.log_start = offset;
  }
}

}  // namespace fulmar
