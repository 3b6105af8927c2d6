// CatchUpFeeder: sends appends to the throttled followers of all groups of a shard, within one rate for all of them
// (leader.replication.throttled.rate): one append each, in the order of peers and groups. A peer whose link has no room
// is passed over.
//
// The core decides which followers are throttled (AppendPlan::throttled). The links send to all others.
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
    // Sends the peer's next append in that group; returns its bytes, 0 if there is none.
    std::function<std::size_t(const GroupId& group, const ReplicaId& peer)> feed;
    std::function<bool(const ReplicaId& peer)> link_has_room;  // when it becomes true: link_drained()
  };
  CatchUpFeeder(Host& host, std::int64_t bytes_per_second, Surroundings surroundings);

  // The group has appends for the peer, which is throttled.
  void wants_feeding(const GroupId& group, const ReplicaId& peer) {
    waiting_.insert({peer, group});
    work_.notify_all();
  }
  void link_drained() { work_.notify_all(); }
  // The new rate holds from now on; the balance of the old one is dropped.
  void set_rate(std::int64_t bytes_per_second) {
    bucket_ = TokenBucket(bytes_per_second);
    work_.notify_all();
  }
  // Sends appends until the fiber is cancelled, one after the other, so that each one's size is known before the next.
  // A replica whose disk does not answer within a moment continues in a fiber of its own.
  void run();

 private:
  using Turn = std::pair<ReplicaId, GroupId>;

  std::set<Turn>::const_iterator next_turn() const;

  Host& host_;
  const Surroundings surroundings_;
  TokenBucket bucket_;
  std::set<Turn> waiting_;  // at most one entry for each group and member
  Turn last_;
  Condition work_;
};

}  // namespace fulmar
