// ReplicaTicks: the replicas of a shard that are not at rest, and their ticks. Those that are due at once are ticked
// side by side: they share the syncs of what they store, and one that waits for its disk holds up no other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <set>

#include "broker/replication/group_id.h"
#include "runtime/fiber/condition.h"
#include "runtime/fiber/group.h"
#include "runtime/fiber/work_queue.h"

namespace fulmar {

class Replica;

class ReplicaTicks {
 public:
  static constexpr std::size_t fibers_max = 256;  // in ticks that wait for disks

  ReplicaTicks() = default;
  ~ReplicaTicks() { queue_.drop(fibers_); }
  ReplicaTicks(const ReplicaTicks&) = delete;
  ReplicaTicks& operator=(const ReplicaTicks&) = delete;

  // The replica is to be ticked whenever it is due, until it is at rest, or removed.
  void add(const std::shared_ptr<Replica>& replica);
  void remove(const GroupId& group) { awake_.erase(group); }
  // Ticks the replica, due or not, unless it is being ticked. Does not wait.
  void tick(const std::shared_ptr<Replica>& replica);
  // Ticks all that are due. Returns when that is done, or at the deadline: a tick that takes longer goes on, and its
  // replica gets no other meanwhile. False if some have not even begun. Replicas come and go meanwhile. By one fiber; a
  // cancellation point.
  bool tick_due(Deadline deadline);
  // No tick begins any more; waits for those that have begun.
  void stop();

 private:
  std::map<GroupId, std::shared_ptr<Replica>> awake_;
  std::set<GroupId> ticking_;  // or about to be
  std::uint64_t round_ = 0;
  std::size_t left_ = 0;  // of this round
  Condition ticked_;
  WorkQueue queue_{"tick replica", fibers_max};
  FiberGroup fibers_;
};

}  // namespace fulmar
