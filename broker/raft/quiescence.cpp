// Quiescence: an idle group stops sending messages (see Liveness). The leader asks by a heartbeat, a follower that has
// everything agrees in its reply, and the next message of either wakes both.
#include <algorithm>

#include "broker/raft/raft.h"
#include "runtime/base/assert.h"
#include "runtime/base/mark.h"

namespace fulmar {

bool Raft::quiesced() const {
  if (role_ == Role::follower) return watch_ && !watch_->over;
  if (role_ != Role::leader) return false;
  if (peers_.empty()) return liveness_ && commit_ == log_.end() && target_.empty();
  if (told_log_start_ != log_.start()) return false;
  return std::all_of(peers_.begin(), peers_.end(),
                     [](const auto& entry) { return entry.second.is_quiesced() && !entry.second.watch_is_over(); });
}

bool Raft::may_quiesce() const {
  if (!liveness_ || !established() || commit_ != log_.end() || told_log_start_ != log_.start()) return false;
  if (transfer_ || !target_.empty() || configuration().joint()) return false;
  if (now_ - busy_at_ < settings_.idle_before_quiescing) return false;
  return std::all_of(peers_.begin(), peers_.end(), [&](const auto& entry) {
    const auto& progress = entry.second;
    // Each follower has acknowledged everything that only heartbeats carry: a quiesced follower gets none.
    return progress.feeding() == Feeding::replicate && progress.match() == log_.end() && progress.damage() == 0 &&
           progress.log_start() >= log_.start() && progress.configuration() == state_.configuration.mark &&
           progress.tombstone_bound() >= std::min(log_.tombstone_bound(), progress.cleaned_to());
  });
}

// Called before a leader sends anything but a request to quiesce. The followers wake when they receive what it sends.
void Raft::wake() {
  bool any = false;
  for (auto& [id, progress] : peers_) {
    any = any || progress.is_quiesced();
    progress.woken();
  }
  if (any) {
    FULMAR_MARK("raft: quiesced group woken");
    heartbeat_at_ = now_;
  }
}

void Raft::about_to_work(Instant now) {
  begin(now);
  if (role_ != Role::leader) return;
  if (std::ranges::none_of(peers_, [](const auto& entry) { return entry.second.is_asked(); })) return;
  FULMAR_MARK("raft: woken before work");
  busy_at_ = now_;
  send_heartbeats();
}

// Followers that may still be quiesced under this leader learn it by a new epoch in its shard's pulses.
void Raft::forget_peers() {
  for (const auto& [id, progress] : peers_)
    if (progress.may_be_quiesced()) liveness_->abandon(id);
  peers_.clear();
}

// The follower agrees. That counts only if the leader has sent nothing that wakes it since the request.
void Raft::consider_quiescing(const ReplicaId& peer, Progress& progress, const HeartbeatReply& reply) {
  if (!may_quiesce() || !progress.was_asked(liveness_->asking(peer), reply.sent_at)) return;
  if (auto watch = liveness_->watch_follower(peer, *reply.quiesced, now_)) {
    FULMAR_MARK("raft: follower quiesced");
    progress.quiesced(std::move(watch));
  }
}

bool Raft::agree_to_quiesce(const ReplicaId& leader, const Heartbeat& heartbeat) {
  if (!liveness_ || !heartbeat.quiesce || heartbeat.sent_at < latest_sent_at_) return false;
  bool has_everything = !pending_ && commit_ == log_.end() && kept() == log_.end();
  if (!has_everything || state_.damage != 0) {
    FULMAR_MARK("raft: quiescing refused");
    return false;
  }
  auto watch = liveness_->watch_leader(leader, *heartbeat.quiesce, now_);
  if (!watch) return false;
  watch_ = std::move(watch);
  quiesced_under_ = leader;
  quiesced_by_ = heartbeat.sent_at;
  return true;
}

// Ends this follower's quiescence. If the leader does not know, this shard's answers must no longer include this group.
void Raft::end_quiescence(bool leader_knows) {
  if (!watch_) return;
  leader_heard_at_ = leader_heard_at();
  watch_.reset();
  if (!leader_knows) {
    FULMAR_MARK("raft: quiescence ended by the follower");
    liveness_->withdraw(quiesced_under_);
  }
  wait_for_leader(leader_heard_at_);
}

// A message that the leader sent after its request to quiesce shows that it is awake. An earlier one may be late.
void Raft::end_quiescence_from(Instant sent_at) {
  latest_sent_at_ = std::max(latest_sent_at_, sent_at);
  if (sent_at >= quiesced_by_) end_quiescence(sent_at > quiesced_by_);
}

void Raft::retire() {
  forget_peers();
  end_quiescence(false);
}

Raft::~Raft() {
  retire();
}

}  // namespace fulmar
