// CatchUpFeeder: feeds the followers that catch up, of all groups of a shard, at no more than a rate in all
// (leader.replication.throttled.rate). They take turns, one append each, in the order of who they are; one whose link
// is busy lets the others go first.
//
// Which followers are held up that way is the core's to say (see AppendPlan::throttled); all others are fed by their
// links.
#pragma once

#include <functional>
#include <set>
#include <utility>

#include "broker/raft/configuration.h"
#include "broker/replication/group_id.h"
#include "broker/replication/token_bucket.h"
#include "runtime/fiber/condition.h"
#include "runtime/host/host.h"

namespace fulmar {

class CatchUpFeeder {
 public:
  struct Surroundings {
    // Sends that replica's next append; how many bytes that was, 0 if there is none any more.
    std::function<std::size_t(const GroupId& group, const ReplicaId& peer)> feed;
    std::function<bool(const ReplicaId& peer)> link_has_room;  // when that becomes true: link_drained()
  };
  CatchUpFeeder(Host& host, std::int64_t bytes_per_second, Surroundings surroundings);

  // The replica has something for the peer, which catches up. Its turn comes.
  void wants_feeding(const GroupId& group, const ReplicaId& peer) {
    waiting_.insert({peer, group});
    work_.notify_all();
  }
  void link_drained() { work_.notify_all(); }
  // From now on; what was sent at the old rate is forgotten.
  void set_rate(std::int64_t bytes_per_second) {
    bucket_ = TokenBucket(bytes_per_second);
    work_.notify_all();
  }
  // Feeds until the fiber is cancelled: one after the other, so that the size of each append is known before the next;
  // but a replica whose disk does not answer goes on by itself after a moment.
  void run();

 private:
  using Turn = std::pair<ReplicaId, GroupId>;

  std::set<Turn>::const_iterator next_turn() const;

  Host& host_;
  const Surroundings surroundings_;
  TokenBucket bucket_;
  std::set<Turn> waiting_;  // at most each group once for each of its members
  Turn last_;
  Condition work_;
};

}  // namespace fulmar
