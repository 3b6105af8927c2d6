// Fetching from followers (KIP-392): which replica a consumer should read a partition from.
#pragma once

#include <string>

#include "broker/replication/replica.h"

namespace fulmar {

class BrokerShard;

// The broker from which a consumer of that rack, with that offset next, should read the partition that `replica` leads:
// the one with the longest log among the in-sync replicas of its rack that have the offset; -1: from here.
std::int32_t preferred_read_replica(BrokerShard& shard, const Replica& replica, const std::string& rack,
                                    Offset fetch_offset);

}  // namespace fulmar
