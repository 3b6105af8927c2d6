// LeaderTable: who leads which group, as the leaders themselves announce; a copy on every shard of every broker. The
// announcement with the later epoch counts.
//
// An announcement holds for a lease, and has to be renewed: if a shard of a broker has not renewed for a lease, the
// groups that it leads have no known leader until it does, or another leader announces itself. A lease begins when the
// message was sent, at the latest, and not when it arrived, since messages may lie in a connection for long. It ends
// with the connection: clients that ask for the leaders just after a broker was killed are not sent back to it, but
// told to ask again.
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
    std::int32_t epoch = -1;   // the latest known, also if its leadership has ended
    std::vector<std::int32_t> in_sync;
    // The voters and mark of a settled configuration that the metadata does not show yet.
    std::vector<ReplicaId> voters = {};
    ConfigurationMark configuration = {};
  };

  // `self`: this broker; its own announcements expire only once they have been renewed, so that a broker without peers
  // loses no leadership. `lease`: how long announcements hold.
  LeaderTable(std::int32_t self, Duration lease) : self_(self), lease_(lease) {}

  // Takes a shard's announcement, sent on the connection of that number. Anything that arrives late on an earlier
  // connection is ignored; except from this broker, so is anything from before the beginning of the connection.
  // `as_of`: it was not sent before. Returns false if the shard has already announced on a later connection.
  bool learn(std::int32_t broker, std::uint64_t connection, const LeadersRequest& told, Instant as_of);
  // What that shard announced on that connection still held at `as_of`.
  void renew(std::int32_t broker, std::uint64_t connection, std::int32_t shard, Instant as_of);
  // That connection is over: what was announced on it holds no longer.
  void end(std::int32_t broker, std::uint64_t connection);
  // The group's leader; if none is known, `broker` is -1 and `in_sync` is empty.
  Leader leader(const GroupId& group, Instant now) const;
  // The latest announcement, expired or not; null: there was none.
  const Leader* find(const GroupId& group) const {
    auto found = leaders_.find(group);
    return found == leaders_.end() ? nullptr : &found->second.leader;
  }
  // The groups whose entry has `voters`.
  const std::set<GroupId>& at_rest() const { return at_rest_; }
  // Removes the entries of deleted topics. Entries of topics that no image has had yet stay: the topics may be new.
  void follow(const MetadataDelta& delta);

 private:
  using Teller = std::pair<std::int32_t, std::int32_t>;  // broker and shard
  struct Session {
    std::uint64_t connection = 0;
    Instant said_at;
    bool lapses = true;
    bool over = false;
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
  MetadataImagePtr image_ = std::make_shared<const MetadataImage>();  // the last image that was followed
};

}  // namespace fulmar
