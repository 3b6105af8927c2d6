#include "broker/raft/liveness.h"

#include <algorithm>

#include "runtime/base/assert.h"
#include "runtime/base/mark.h"

namespace fulmar {

namespace {

constexpr std::int32_t shards_max = 1024;  // of one broker; bounds what a peer can make this broker store

}  // namespace

Liveness::Liveness(std::int32_t shard, std::uint64_t life)
    : shard_(shard), first_epoch_(static_cast<std::int64_t>(life << 32)) {
  FULMAR_ASSERT(life < (std::uint64_t{1} << 31));
}

const Liveness::Peer* Liveness::find(const ReplicaId& id) const {
  auto found = peers_.find(id);
  return found == peers_.end() ? nullptr : &found->second;
}

void Liveness::end(Session& session) {
  if (!session.watch) return;
  session.watch->over = true;
  session.watch.reset();
  ended_ = true;
}

// The session is kept after its watch has ended, so that a late message of its epoch is not accepted.
std::shared_ptr<const Watch> Liveness::watch(Sessions& sessions, const LivenessEpoch& theirs, Instant now) {
  if (theirs.shard < 0 || theirs.shard >= shards_max) return nullptr;
  auto& session = sessions[theirs.shard];
  if (theirs.number < session.epoch) {
    FULMAR_MARK("raft: watch of a past epoch");
    return nullptr;
  }
  if (theirs.number > session.epoch) {
    end(session);
    session.epoch = theirs.number;
  }
  if (!session.watch) session.watch = std::make_shared<Watch>(Watch{now, long_ago, false});
  return session.watch;
}

LivenessEpoch Liveness::asking(const ReplicaId& follower) const {
  const auto* peer = find(follower);
  return {shard_, first_epoch_ + (peer ? peer->asking : 0)};
}

std::shared_ptr<const Watch> Liveness::watch_follower(const ReplicaId& follower, const LivenessEpoch& theirs,
                                                      Instant now) {
  return watch(peers_[follower].followers, theirs, now);
}

// Answers to earlier pulses say nothing about the groups that were quiesced before.
void Liveness::abandon(const ReplicaId& follower) {
  FULMAR_MARK("raft: quiesced follower given up");
  auto& peer = peers_[follower];
  ++peer.asking;
  for (auto& [shard, session] : peer.followers) end(session);
}

LivenessEpoch Liveness::agreeing(const ReplicaId& leader) const {
  const auto* peer = find(leader);
  return {shard_, first_epoch_ + (peer ? peer->agreeing : 0)};
}

std::shared_ptr<const Watch> Liveness::watch_leader(const ReplicaId& leader, const LivenessEpoch& theirs, Instant now) {
  return watch(peers_[leader].leaders, theirs, now);
}

void Liveness::withdraw(const ReplicaId& leader) {
  FULMAR_MARK("raft: agreement to quiesce withdrawn");
  ++peers_[leader].agreeing;
}

std::vector<Liveness::Addressed> Liveness::pulses(Instant now) const {
  std::vector<Addressed> all;
  for (const auto& [id, peer] : peers_) {
    bool any = std::any_of(peer.followers.begin(), peer.followers.end(),
                           [](const auto& entry) { return entry.second.watch.use_count() > 1; });
    if (any) all.push_back({id, {asking(id), now}});
  }
  return all;
}

std::optional<PulseAnswer> Liveness::receive(const ReplicaId& from, const Pulse& pulse, Instant now) {
  auto found = peers_.find(from);
  if (found != peers_.end()) {
    auto& leaders = found->second.leaders;
    if (auto session = leaders.find(pulse.epoch.shard); session != leaders.end()) {
      if (pulse.epoch.number < session->second.epoch) {
        FULMAR_MARK("raft: late pulse");
        return std::nullopt;
      }
      if (pulse.epoch.number > session->second.epoch) end(session->second);
      session->second.epoch = pulse.epoch.number;
      if (session->second.watch) session->second.watch->heard_at = now;
    }
  }
  return PulseAnswer{pulse.epoch, agreeing(from), pulse.sent_at};
}

void Liveness::receive(const ReplicaId& from, const PulseAnswer& answer) {
  auto found = peers_.find(from);
  if (found == peers_.end() || answer.asked != asking(from)) return;
  auto& followers = found->second.followers;
  auto at = followers.find(answer.epoch.shard);
  if (at == followers.end() || answer.epoch.number < at->second.epoch) return;
  auto& session = at->second;
  if (answer.epoch.number > session.epoch) end(session);
  session.epoch = answer.epoch.number;
  if (session.watch) session.watch->heard_at = std::max(session.watch->heard_at, answer.sent_at);
}

void Liveness::expire(Duration election_timeout, Instant now) {
  auto silent = [&](const Session& session, Duration limit) {
    return session.watch && now - std::max(session.watch->since, session.watch->heard_at) > limit;
  };
  for (auto& [id, peer] : peers_) {
    for (auto& [shard, session] : peer.followers)
      if (silent(session, election_timeout * 3 / 4)) {
        FULMAR_MARK("raft: quiesced follower silent");
        end(session);
      }
    for (auto& [shard, session] : peer.leaders) {
      if (!silent(session, election_timeout)) continue;
      if (session.watch.use_count() > 1) {
        FULMAR_MARK("raft: quiescing leader silent");
        withdraw(id);
      }
      end(session);
    }
  }
}

}  // namespace fulmar
