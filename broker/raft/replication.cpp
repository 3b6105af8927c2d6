// What a leader does for its followers: appends, heartbeats, the commit index, its lease (Raft §5.3, §5.4; thesis
// §6.4.1).
#include <algorithm>

#include "broker/raft/raft.h"
#include "runtime/base/assert.h"
#include "runtime/base/mark.h"

namespace fulmar {

std::vector<ReplicaId> Raft::followers_needing_append() const {
  std::vector<ReplicaId> found;
  for (const auto& [id, progress] : peers_)
    if (role_ == Role::leader && progress.may_send(log_.end(), settings_)) found.push_back(id);
  return found;
}

// Whether the replica can be expected to store new appends soon. (A stalled follower is in Feeding::probe.)
bool Raft::keeps_up(const ReplicaId& id, Instant now) const {
  if (id == self_) return true;
  const auto* known = progress(id);
  auto since = now - settings_.election_timeout;
  return known && known->counts() && known->feeding() == Feeding::replicate && known->answered_at() > since;
}

bool Raft::throttled(const ReplicaId& peer, Instant now) const {
  const auto* known = progress(peer);
  if (!settings_.throttles || !throttling_ || role_ != Role::leader || !known || known->feeding() != Feeding::catch_up)
    return false;
  if (!configuration().is_voter(peer)) return true;
  auto others = [&](const ReplicaId& id) { return id != peer && keeps_up(id, now); };
  auto synced = in_sync(now);
  return configuration().has_quorum(others) && !std::binary_search(synced.begin(), synced.end(), peer);
}

std::optional<AppendPlan> Raft::plan_append(const ReplicaId& peer, Instant now) {
  begin(now);
  auto found = peers_.find(peer);
  if (role_ != Role::leader || found == peers_.end()) return std::nullopt;
  auto& progress = found->second;
  if (!progress.may_send(log_.end(), settings_)) return std::nullopt;
  if (progress.next() < log_.held_from() && progress.feeding() != Feeding::start_over) {
    FULMAR_MARK("raft: follower needs what is deleted");
    // The leader has deleted the follower's next offset; the follower's log may still reach up to the log start.
    progress.probe_from(log_.held_from());
  }
  if (progress.feeding() == Feeding::start_over) {
    FULMAR_MARK("raft: follower told to start over");
    send(peer, StartOver{log_.held_from(), epoch_before(log_.held_from()).value_or(-1), state_.configuration,
                         log_.held_from(), now, *term_start_, log_.tombstone_bound()});
    progress.sent(log_.held_from(), now);
    wake();
    return std::nullopt;
  }
  AppendRequest request;
  request.prev_offset = progress.next();
  request.prev_epoch = epoch_before(progress.next()).value_or(unknown_epoch);
  request.tombstone_bound = log_.tombstone_bound();
  return AppendPlan{{self_, peer, state_.term, request}, throttled(peer, now)};
}

bool Raft::append_sent(const ReplicaId& peer, AppendPlan& plan, Offset end, Instant now) {
  begin(now);
  auto found = peers_.find(peer);
  auto& request = std::get<AppendRequest>(plan.message.body);
  if (role_ != Role::leader || plan.message.term != state_.term || found == peers_.end()) return false;
  auto& progress = found->second;
  if (progress.next() != request.prev_offset || !progress.may_send(log_.end(), settings_)) {
    FULMAR_MARK("raft: read for a follower that has moved");
    return false;
  }
  if (request.prev_offset < log_.held_from()) {
    FULMAR_MARK("raft: read from what is deleted meanwhile");
    return false;
  }
  // What was read is of a log of that bound only if it was the same all the time.
  if (request.tombstone_bound != log_.tombstone_bound()) {
    FULMAR_MARK("raft: read across a new bound of tombstones");
    return false;
  }
  FULMAR_ASSERT(end >= request.prev_offset && end <= log_.end());
  request.end = end;
  request.epochs.clear();
  if (end > request.prev_offset) {
    // The log may begin with a hole, before the first batch whose epoch is known.
    auto first = log_.epochs().epoch_of(request.prev_offset).value_or(log_.epochs().entries().front().epoch);
    request.epochs.push_back({first, request.prev_offset});
    for (const auto& entry : log_.epochs().entries())
      if (entry.start_offset > request.prev_offset && entry.start_offset < end && entry.epoch > first)
        request.epochs.push_back(entry);
  }
  request.configuration = news_for(progress);
  request.commit = commit_;
  request.log_start = announced_start();
  request.log_end = log_.end();
  request.term_start = *term_start_;
  request.sent_at = now;
  progress.sent(end, now);
  wake();
  return true;
}

void Raft::peer_lost(const ReplicaId& peer) {
  auto found = peers_.find(peer);
  // No message is in flight to a quiesced follower.
  if (found != peers_.end() && !found->second.is_quiesced()) found->second.lost();
}

void Raft::note_damage(Progress& progress, std::uint64_t damage) {
  if (damage == 0)
    progress.repaired();
  else {
    FULMAR_MARK("raft: follower tells its damage");
    progress.damaged(damage, log_.end(), now_);
  }
}

// The number of this follower's damage if that is repaired; else 0. A follower that does not know its terms may have
// voted for a later leader. Then the other members of that quorum know the later term. So if a quorum of replicas that
// know their terms has answered this leader since, there is no later leader.
std::uint64_t Raft::healed(const Progress& progress) const {
  if (progress.healed() == 0 || !progress.is_of_term()) return 0;
  // A replica that starts over begins at the base of a batch, which may be below the log start: it is healed only once
  // it has raised its own start.
  if (progress.log_start() < log_.start()) {
    FULMAR_MARK("raft: not healed, start below");
    return 0;
  }
  if (progress.tombstone_bound() < log_.tombstone_bound()) {
    FULMAR_MARK("raft: not healed, bound below");
    // Leading, it would not know it.
    return 0;
  }
  if (progress.counts()) return progress.healed();
  FULMAR_MARK("raft: healing without promises considered");
  bool vouched = configuration().has_quorum([&](const ReplicaId& id) {
    const auto* known = this->progress(id);
    return id == self_ || (known && known->counts() && known->heard_at() > progress.damaged_at());
  });
  return vouched ? progress.healed() : 0;
}

// The same, and records that a heartbeat carries it now.
std::uint64_t Raft::tell_healed(const ReplicaId& id, const Progress& progress) {
  auto damage = healed(progress);
  if (damage != 0) told_healed_[id] = damage;
  return damage;
}

// Returns false if the replica has not said since it became a member which configuration it has: the reply may be from
// when it was one before, and what its log had then does not count any more. What counts is that it follows this
// leader, its damage, and that it may have to be sent the configuration.
template <class Reply>
bool Raft::hear(Progress& progress, const Reply& reply) {
  const bool is_member = progress.is_member_by(reply.configuration);
  if (is_member) {
    progress.begins_at(reply.log_start, reply.sent_at);
    progress.is_clean(reply.cleaned_to, reply.tombstone_bound, reply.sent_at);
  }
  progress.heard(reply.sent_at, now_);
  progress.keeps(reply.configuration);  // one that has lost it is sent it again
  note_damage(progress, reply.damage);
  return is_member;
}

void Raft::on(const Message& message, const AppendReply& reply) {
  auto found = peers_.find(message.from);
  if (role_ != Role::leader || found == peers_.end()) return;
  auto& progress = found->second;
  if (!hear(progress, reply)) {
    FULMAR_MARK("raft: reply from before it was a member");
    return;
  }
  progress.answered_awake(reply.sent_at);
  if (reply.log_term == state_.term) progress.log_is_of_term();
  switch (reply.verdict) {
    case Verdict::matched:
      progress.matched(std::min(reply.match, log_.end()), log_.end(), settings_, now_);
      progress.note_caught_up(reply.sent_at, log_.end(), now_);
      break;
    case Verdict::start_over: progress.must_start_over(); break;
    case Verdict::mismatched: {
      // a late reply to an earlier append
      if (progress.feeding() == Feeding::probe && reply.prev_offset != progress.next()) {
        FULMAR_MARK("raft: late mismatch");
        break;
      }
      // The leader's log does not reach down to the end of the follower's log, or to where the two differ.
      if (reply.log_end < log_.held_from() || reply.prev_offset <= log_.held_from()) {
        FULMAR_MARK("raft: follower below the log start");
        progress.must_start_over();
        break;
      }
      auto mine = log_.epochs().end_of(reply.hint.epoch, log_.end());
      auto next = !mine                             ? log_.held_from()
                  : mine->epoch == reply.hint.epoch ? std::min(mine->start_offset, reply.hint.start_offset)
                                                    : mine->start_offset;
      FULMAR_MARK("raft: follower diverges");
      progress.probe_from(std::clamp(std::min(next, reply.prev_offset), log_.held_from(), log_.end()));
      break;
    }
  }
  lead_on();
}

void Raft::on(const Message& message, const HeartbeatReply& reply) {
  auto found = peers_.find(message.from);
  if (role_ != Role::leader || found == peers_.end()) return;
  auto& progress = found->second;
  if (!hear(progress, reply)) return;
  if (reply.log_term == state_.term) progress.log_is_of_term();
  auto match = std::min(reply.match, log_.end());
  bool being_fed = progress.feeding() == Feeding::replicate || progress.feeding() == Feeding::catch_up;
  if (match > progress.match())
    progress.matched(match, log_.end(), settings_, now_);
  else if (match < progress.match() && being_fed) {
    FULMAR_MARK("raft: follower has lost its match");
    // It started over, and no longer knows how far its log agrees.
    progress.probe_from(progress.match());
  }
  progress.note_caught_up(reply.sent_at, log_.end(), now_);
  if (reply.quiesced)
    consider_quiescing(message.from, progress, reply);
  else
    progress.answered_awake(reply.sent_at);
  lead_on();
}

void Raft::send_heartbeats() {
  told_log_start_ = log_.start();
  bool quiesce = may_quiesce();
  if (!quiesce) wake();
  for (auto& [id, progress] : peers_) {
    Heartbeat heartbeat{std::min(commit_, progress.match()), announced_start(), tell_healed(id, progress), now_, {}};
    heartbeat.configuration = news_for(progress);
    heartbeat.tombstone_bound = log_.tombstone_bound();
    heartbeat.tombstones_removable = removable_;
    progress.take_untold(heartbeat.commit);
    if (quiesce) {
      heartbeat.quiesce = liveness_->asking(id);
      progress.asked(*heartbeat.quiesce, now_);
    }
    send(id, heartbeat);
  }
  heartbeat_at_ = next_beat(now_, settings_.heartbeat_interval);
}

// Commits every offset that a majority has acknowledged in this term, whatever its epoch: a replica without it loses
// elections to the log terms of that majority. (Acknowledgements of earlier terms do not count: Raft §5.4.2, figure 8.)
void Raft::advance_commit() {
  auto reached = configuration().reached_by_quorum([&](const ReplicaId& id) { return match_of(id); });
  if (reached <= commit_) return;
  commit_to(reached);
  FULMAR_MARK("raft: commit index moved");
  if (settings_.announce_commits) heartbeat_at_ = now_;
}

// Sends the commit index to followers that have the offsets below it and were not sent it yet.
void Raft::tell_commit() {
  for (auto& [id, progress] : peers_) {
    auto committed = std::min(commit_, progress.match());
    if (!progress.take_untold(committed)) continue;
    wake();
    send(id, Heartbeat{committed, announced_start(), tell_healed(id, progress), now_, {}});
  }
}

bool Raft::quorum_heard(Instant now) const {
  auto since = now - settings_.election_timeout;
  return led_since_ > since || configuration().has_quorum([&](const ReplicaId& id) {
    const auto* known = progress(id);
    return id == self_ || (known && known->counts() && known->answered_at() > since);
  });
}

std::vector<ReplicaId> Raft::in_sync(Instant now) const {
  auto voters = configuration().all_voters();
  std::erase_if(voters, [&](const ReplicaId& id) {
    if (id == self_) return false;
    const auto* known = progress(id);
    if (!known || known->damage() != 0) return true;
    // Two timeouts: a first request may be lost, for example when the follower was not open yet, and is repeated after
    // one.
    bool unknown_yet = led_since_ > now - 2 * settings_.election_timeout;
    return !unknown_yet && known->caught_up_at() < now - settings_.replica_lag_max;
  });
  return voters;
}

Offset Raft::reached_by(std::size_t count) const {
  std::vector<Offset> matches;
  for (const auto& id : configuration().all_voters()) matches.push_back(match_of(id));
  FULMAR_ASSERT(count >= 1 && count <= matches.size());
  std::sort(matches.begin(), matches.end(), std::greater<>());
  return matches[count - 1];
}

Instant Raft::lease_until() const {
  if (role_ != Role::leader || (transfer_ && transfer_->told)) return {};
  if (!configuration().is_voter(self_)) return {};  // it removes itself: the others do not wait for it
  auto heard = configuration().reached_by_quorum([&](const ReplicaId& id) {
    if (id == self_) return Instant::max().ns;
    const auto* known = progress(id);
    return (known && known->counts() ? known->heard_at() : long_ago).ns;
  });
  auto timeout = settings_.election_timeout;
  return Instant{heard} + (timeout - timeout * settings_.clock_drift_permille / 1000);
}

void Raft::start_moved(Instant now) {
  begin(now);
  if (role_ != Role::leader) return;
  start_moved_at_ = now;
  wake();
  heartbeat_at_ = now;
}

// Whether a follower may serve consumers in spite of its damage: it does as soon as it learns that the damage is
// repaired; the leader learns that later, from its reply.
bool Raft::may_serve(const ReplicaId& id, const Progress& progress) const {
  if (progress.damage() == 0) return true;
  auto told = told_healed_.find(id);
  return told != told_healed_.end() && told->second == progress.damage();
}

// Followers may serve consumers too. Not counted: a damaged follower, which serves nobody until it is told that the
// damage is repaired, and one that has not answered for two election timeouts, since after one and a half without a
// leader it stops serving. A follower that was sent the new start serves only once its own log begins there.
Offset Raft::start_kept(Instant now) const {
  auto kept = configuration().reached_by_quorum([&](const ReplicaId& id) {
    const auto* known = progress(id);
    return id == self_ ? log_.start() : known && known->counts() ? known->log_start() : 0;
  });
  auto since = now - 2 * settings_.election_timeout;
  for (const auto& [id, progress] : peers_) {
    bool answers = led_since_ > since || progress.answered_at() > since;
    bool told = progress.log_start() >= log_.start() || progress.heard_at() > start_moved_at_;
    if (answers && may_serve(id, progress) && !told) kept = std::min(kept, progress.log_start());
  }
  return kept;
}

// A quorum has stored each acknowledged deletion (start_owed_), so one of its replicas has voted for this leader.
void Raft::lead_on() {
  if (may_take_term()) take_term();
  advance_commit();
  if (settings_.announce_at_once) tell_commit();
  if (established() && !start_known()) {
    FULMAR_MARK("raft: owed log start taken");
    advance_log_start(start_owed_);
  }
  consider_tombstones();
  continue_transfer();
  if (role_ == Role::leader) continue_reconfiguration();
}

bool Raft::transfer(const ReplicaId& to, Instant now) {
  begin(now);
  if (role_ != Role::leader || transfer_ || to == self_ || !configuration().is_voter(to)) return false;
  transfer_ = Transfer{to, now + settings_.election_timeout};
  wake();
  continue_transfer();
  return true;
}

void Raft::continue_transfer() {
  if (!transfer_) return;
  if (now_ >= transfer_->give_up_at) {
    // After TimeoutNow is sent the other may stand at any time, since the message may be late: only a new term ends
    // that. A leader that has removed itself cannot begin a term: it steps down, and a voter stands when its timer
    // expires.
    if (!transfer_->told) {
      FULMAR_MARK("raft: transfer given up");
      transfer_.reset();
    } else if (may_stand())
      stand(false, true);
    else
      become_follower(state_.term, std::nullopt);
    return;
  }
  if (!transfer_->told && match_of(transfer_->to) == log_.end() && commit_ == log_.end()) {
    transfer_->told = true;
    FULMAR_MARK("raft: transfer told");
    send(transfer_->to, TimeoutNow{commit_});
  }
}

}  // namespace fulmar
