// PartitionWaits: waits, by this and other shards, for changes of partitions that this shard owns; each waiter is
// notified once. A wait costs memory, but no fiber.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <vector>

#include "broker/replication/group_id.h"

namespace fulmar {

class PartitionWaits {
 public:
  struct Waiter {
    unsigned shard;
    std::uint64_t id;  // of the wait, on that shard
    auto operator<=>(const Waiter&) const = default;
  };

  // `tell` must not wait.
  explicit PartitionWaits(std::function<void(const Waiter&)> tell) : tell_(std::move(tell)) {}

  void add(const Waiter& waiter, std::vector<GroupId> partitions);
  void remove(const Waiter& waiter);  // no effect if it was notified
  // Notifies all waiters of the partition.
  void changed(const GroupId& partition);

  std::size_t size() const { return by_waiter_.size(); }

 private:
  const std::function<void(const Waiter&)> tell_;
  std::map<Waiter, std::vector<GroupId>> by_waiter_;
  std::map<GroupId, std::set<Waiter>> by_partition_;
};

}  // namespace fulmar
