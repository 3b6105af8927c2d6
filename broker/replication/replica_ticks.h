// ReplicaTicks: ticks the replicas of a shard that are not at rest. Those that are due at the same time are ticked in
// parallel: they share the syncs of their hard states, and one that waits for its disk holds up no other.
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
  static constexpr std::size_t fibers_max = 256;  // ticks that may wait for disks at a time

  ReplicaTicks() = default;
  ~ReplicaTicks() { queue_.drop(fibers_); }
  ReplicaTicks(const ReplicaTicks&) = delete;
  ReplicaTicks& operator=(const ReplicaTicks&) = delete;

  // The replica is ticked whenever it is due, until it is at rest or removed.
  void add(const std::shared_ptr<Replica>& replica);
  void remove(const GroupId& group) { awake_.erase(group); }
  // Ticks the replica, even if it is not due, unless a tick of it is running. Does not wait.
  void tick(const std::shared_ptr<Replica>& replica);
  // Ticks all replicas that are due. Returns when that is done, or at the deadline: a tick that takes longer continues,
  // and its replica gets no other meanwhile. Returns false if some ticks have not begun. Replicas may be added and
  // removed meanwhile. To be called by one fiber; a cancellation point.
  bool tick_due(Deadline deadline);
  // Begins no more ticks, and waits for those that are running.
  void stop();

 private:
  std::map<GroupId, std::shared_ptr<Replica>> awake_;
  std::set<GroupId> ticking_;  // or about to be ticked
  std::uint64_t round_ = 0;
  std::size_t left_ = 0;  // ticks of this round that have not ended
  Condition ticked_;
  WorkQueue queue_{"tick replica", fibers_max};
  FiberGroup fibers_;
};

}  // namespace fulmar
