// Liveness: what the shards of two brokers know of each other's being alive, on behalf of the groups that are quiesced
// between them (as store liveness in CockroachDB, hibernation in TiKV).
//
// A group in which nothing happens, and whose followers all have everything, is quiesced: its leader asks each follower
// once, and from then on one pulse per interval between the two shards, and its answer, stand in for the heartbeats of
// all such groups. Both sides have an epoch for it, told when a group is quiesced and with every pulse and answer. Who
// leaves a quiesced group without the other's knowing moves its epoch first: so a pulse speaks for exactly the groups
// that were quiesced in its epoch, and the other side wakes them all when it sees the epoch move.
//
// Pure, as the core: one per shard, shared by its groups; the driver carries the pulses.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "broker/raft/types.h"

namespace fulmar {

// From a shard that leads quiesced groups, to all shards of a broker that follows in some.
struct Pulse {
  LivenessEpoch epoch;  // the leader's
  Instant sent_at;      // of the leader's clock
};
struct PulseAnswer {
  LivenessEpoch asked;  // of the pulse: for that shard
  LivenessEpoch epoch;  // the follower's
  Instant sent_at;      // of the pulse
};

// The other side of quiesced groups, as long as its epoch lasts.
struct Watch {
  Instant since;  // when it began
  Instant heard_at =
      long_ago;  // of a leader's shard: when its last pulse came; of a follower's: when the pulse it answered was sent
  bool over = false;
};

class Liveness {
 public:
  // `life`: larger in each life of the broker; below 2^31.
  Liveness(std::int32_t shard, std::uint64_t life);

  // -- For groups led here.
  LivenessEpoch asking(const ReplicaId& follower) const;
  // A follower agreed, and told its epoch. Null if that is over already.
  std::shared_ptr<const Watch> watch_follower(const ReplicaId& follower, const LivenessEpoch& theirs, Instant now);
  // A group is led from here no more, or not with that follower, which may not know: wakes all it is quiesced in.
  void abandon(const ReplicaId& follower);

  // -- For groups followed here.
  LivenessEpoch agreeing(const ReplicaId& leader) const;
  // A leader asks, and tells its epoch. Null if that is over already.
  std::shared_ptr<const Watch> watch_leader(const ReplicaId& leader, const LivenessEpoch& theirs, Instant now);
  // A group here does not follow that leader any more, which may not know: it must not be answered for.
  void withdraw(const ReplicaId& leader);

  // -- For the driver.
  struct Addressed {
    ReplicaId to;
    Pulse pulse;
  };
  std::vector<Addressed> pulses(Instant now) const;  // one for each broker that quiesced groups are followed by
  std::optional<PulseAnswer> receive(const ReplicaId& from, const Pulse& pulse, Instant now);
  void receive(const ReplicaId& from, const PulseAnswer& answer);
  // Ends the watches of leaders of whom nothing was heard for so long, and of followers somewhat earlier, so that their
  // leaders can still ask each group before they have to resign.
  void expire(Duration election_timeout, Instant now);
  // Whether a watch has ended since this was called last: then the groups are to be ticked.
  bool take_ended() { return std::exchange(ended_, false); }

 private:
  struct Session {
    std::int64_t epoch = 0;
    std::shared_ptr<Watch> watch;
  };
  using Sessions = std::map<std::int32_t, Session>;  // by the other side's shard
  struct Peer {
    std::int64_t asking = 0;  // epochs, less the first one of this life
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
