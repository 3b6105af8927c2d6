// LeaderTable: who leads which group, as the leaders themselves have told; a copy on every shard of every broker. The
// later epoch counts.
//
// What a broker has told holds as long as it keeps saying so: leaders hold leases, and so does what they tell. When
// nothing was said by one of its shards for the time of a lease, nothing that this shard leads is taken for led, until
// it is heard of again or another leader is. A lease begins when the word was said, at the latest, and not when it
// came: words may lie in a connection for long.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "broker/cluster/metadata_delta.h"
#include "broker/protocol/messages/peer.h"
#include "broker/raft/types.h"
#include "broker/replication/group_id.h"

namespace fulmar {

class LeaderTable {
 public:
  struct Leader {
    std::int32_t broker = -1;  // -1: none is known
    std::int32_t epoch = -1;   // the last one that is known, also if it is over
    std::vector<std::int32_t> in_sync;
    // Of a group at rest, as long as the metadata says otherwise; then where that configuration stands.
    std::vector<ReplicaId> voters = {};
    ConfigurationMark configuration = {};
  };

  // `self`: the broker that this is of, whose word needs no renewal before the first time that it is renewed: while it
  // has no others to vouch to, it loses no leadership. `lease`: how long words hold.
  LeaderTable(std::int32_t self, Duration lease) : self_(self), lease_(lease) {}

  // A shard of `broker` tells what it leads, on the connection of that number: of what comes on an earlier one, late,
  // nothing counts, nor what comes before the connection's beginning, unless it is this broker's own word. `as_of`: it
  // was not said before. False if something was told on a later one already.
  bool learn(std::int32_t broker, std::uint64_t connection, const LeadersRequest& told, Instant as_of);
  // What that shard has told on that connection still held at `as_of`.
  void renew(std::int32_t broker, std::uint64_t connection, std::int32_t shard, Instant as_of);
  // Who leads by now; if nobody does, as far as is known, the leader has neither broker nor replicas in sync.
  Leader leader(const GroupId& group, Instant now) const;
  // The last word on the group, whether it still holds or not. Null: nobody has told yet.
  const Leader* find(const GroupId& group) const {
    auto found = leaders_.find(group);
    return found == leaders_.end() ? nullptr : &found->second.leader;
  }
  // Groups of which it was told that they are at rest, as long as the metadata says otherwise: those with `voters`.
  const std::set<GroupId>& at_rest() const { return at_rest_; }
  // Forgets the leaders of topics that are gone. Those of topics that no image knew yet may be of new ones.
  void follow(const MetadataDelta& delta);

 private:
  using Teller = std::pair<std::int32_t, std::int32_t>;  // broker and shard
  struct Session {
    std::uint64_t connection = 0;
    Instant said_at;
    bool lapses = true;
  };
  struct Entry {
    Leader leader;
    Teller teller{-1, -1};
  };

  static void depose(Leader& leader) {
    leader.broker = -1;
    leader.in_sync.clear();
  }

  const std::int32_t self_;
  const Duration lease_;
  std::map<Teller, Session> sessions_;
  std::map<GroupId, Entry> leaders_;
  std::set<GroupId> at_rest_;
  MetadataImagePtr image_ = std::make_shared<const MetadataImage>();  // followed last
};

}  // namespace fulmar
