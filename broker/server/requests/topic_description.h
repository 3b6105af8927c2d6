// A topic's partition in Metadata and DescribeTopicPartitions: its leader, its replicas, and which of them are offline.
#pragma once

#include <algorithm>
#include <string_view>

#include "broker/server/shard/broker_shard.h"
#include "runtime/fiber/slices.h"

namespace fulmar {

// The cost of describing one; see slices.h.
inline constexpr Duration describe_topic_work = microseconds(1);
inline constexpr Duration describe_partition_work = nanoseconds(500);

// For a client of that listener: a leader that has none of its name can't be reached by it.
template <class Partition>
Partition describe_partition(const BrokerShard& shard, const TopicImage& topic, std::int32_t index,
                             std::string_view listener) {
  auto leader = shard.leader_of(topic, index);
  Partition partition;
  partition.index = index;
  partition.leader_id = leader.broker;
  partition.leader_epoch = leader.epoch;
  partition.isr_nodes = leader.in_sync;
  const auto& brokers = shard.image()->brokers;
  if (leader.broker < 0) {
    partition.error_code = ErrorCode::leader_not_available;
  } else if (auto at = brokers.find(leader.broker); at != brokers.end() && !at->second.address_at(listener)) {
    partition.leader_id = -1;
    partition.error_code = ErrorCode::listener_not_found;
  }
  for (const auto& replica : topic.partitions[static_cast<std::size_t>(index)].replicas) {
    // A broker whose disk was replaced has two replicas for a while.
    if (std::ranges::find(partition.replica_nodes, replica.broker) != partition.replica_nodes.end()) continue;
    partition.replica_nodes.push_back(replica.broker);
    auto broker = brokers.find(replica.broker);
    if (broker == brokers.end() || broker->second.fenced) partition.offline_replicas.push_back(replica.broker);
  }
  return partition;
}

}  // namespace fulmar
