// Liveness: whether the shards of two brokers are alive, on behalf of the groups that are quiesced between them (as
// store liveness in CockroachDB, hibernation in TiKV).
//
// A group is quiesced when it is idle and its followers have everything: the leader asks each follower once, and from
// then on one pulse per interval between the two shards, and its answer, replace the heartbeats of all such groups.
// Each side has an epoch, which it sends when a group is quiesced and with every pulse and answer. Before a replica
// leaves a quiesced group without telling the other side, its shard raises its epoch. So a pulse stands for exactly the
// groups that were quiesced in its epoch, and the other side wakes all of them when it sees a new epoch.
//
// Pure, like the core: one per shard, shared by its groups; the driver sends the pulses.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "broker/raft/types.h"

namespace fulmar {

// From a shard that leads quiesced groups, to all shards of a broker that has followers of some.
struct Pulse {
  LivenessEpoch epoch;  // the leader's
  Instant sent_at;      // of the leader's clock
};
struct PulseAnswer {
  LivenessEpoch asked;  // of the pulse
  LivenessEpoch epoch;  // the follower's
  Instant sent_at;      // of the pulse
};

// What one side knows of the other side of quiesced groups, while the other's epoch lasts.
struct Watch {
  Instant since;  // when it began
  // Of a leader's shard: when its last pulse arrived. Of a follower's: when the last pulse that it answered was sent.
  Instant heard_at = long_ago;
  bool over = false;
};

class Liveness {
 public:
  // `life`: the number of this run of the broker, larger in each run; below 2^31.
  Liveness(std::int32_t shard, std::uint64_t life);

  // -- For groups led here.
  // This shard's epoch, for a request to quiesce a group that the follower is in.
  LivenessEpoch asking(const ReplicaId& follower) const;
  // A follower has agreed, in its epoch `theirs`. Null if that epoch is over already.
  std::shared_ptr<const Watch> watch_follower(const ReplicaId& follower, const LivenessEpoch& theirs, Instant now);
  // This shard no longer leads a group, or the follower is no longer its member, and the follower may not know: wakes
  // all groups that are quiesced with it.
  void abandon(const ReplicaId& follower);

  // -- For groups followed here.
  // This shard's epoch, for the reply that agrees to be quiesced.
  LivenessEpoch agreeing(const ReplicaId& leader) const;
  // A leader asks, in its epoch `theirs`. Null if that epoch is over already.
  std::shared_ptr<const Watch> watch_leader(const ReplicaId& leader, const LivenessEpoch& theirs, Instant now);
  // A group here no longer follows that leader, and the leader may not know: later answers must not include the group.
  void withdraw(const ReplicaId& leader);

  // -- For the driver.
  struct Addressed {
    ReplicaId to;
    Pulse pulse;
  };
  std::vector<Addressed> pulses(Instant now) const;  // one for each broker with followers of quiesced groups
  // Processes a pulse; returns the answer to send, or nullopt if its epoch is over.
  std::optional<PulseAnswer> receive(const ReplicaId& from, const Pulse& pulse, Instant now);
  // Processes an answer; one to an earlier epoch has no effect.
  void receive(const ReplicaId& from, const PulseAnswer& answer);
  // Ends the watches of leaders that were not heard for the timeout, and of followers somewhat earlier, so that their
  // leaders can ask each group's followers before they have to resign.
  void expire(Duration election_timeout, Instant now);
  // Whether a watch has ended since the last call: then the driver has to tick the groups.
  bool take_ended() { return std::exchange(ended_, false); }

 private:
  struct Session {
    std::int64_t epoch = 0;
    std::shared_ptr<Watch> watch;
  };
  using Sessions = std::map<std::int32_t, Session>;  // by the other side's shard
  struct Peer {
    std::int64_t asking = 0;  // epochs, relative to the first one of this run
    std::int64_t agreeing = 0;
    Sessions followers;
    Sessions leaders;
  };

  std::shared_ptr<const Watch> watch(Sessions& sessions, const LivenessEpoch& theirs, Instant now);
  void end(Session& session);
  const Peer* find(const ReplicaId& id) const;

  const std::int32_t shard_;
  const std::int64_t first_epoch_;
  std::map<ReplicaId, Peer> peers_;
  bool ended_ = false;
};

}  // namespace fulmar
