#include "broker/server/shard/partition_waits.h"

#include <utility>

namespace fulmar {

void PartitionWaits::add(const Waiter& waiter, std::vector<GroupId> partitions) {
  for (const auto& partition : partitions) by_partition_[partition].insert(waiter);
  by_waiter_.insert_or_assign(waiter, std::move(partitions));
}

void PartitionWaits::remove(const Waiter& waiter) {
  auto known = by_waiter_.extract(waiter);
  if (known.empty()) return;
  for (const auto& partition : known.mapped()) {
    auto waiters = by_partition_.find(partition);
    if (waiters == by_partition_.end()) continue;
    waiters->second.erase(waiter);
    if (waiters->second.empty()) by_partition_.erase(waiters);
  }
}

void PartitionWaits::changed(const GroupId& partition) {
  auto waiters = by_partition_.extract(partition);
  if (waiters.empty()) return;
  for (const auto& waiter : waiters.mapped()) {
    remove(waiter);
    tell_(waiter);
  }
}

}  // namespace fulmar
