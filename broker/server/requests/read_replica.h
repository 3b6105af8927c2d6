// Follower fetching (KIP-392): which replica a consumer reads a partition from.
#pragma once

#include <string>

#include "broker/replication/replica.h"

namespace fulmar {

class BrokerShard;

// Where a consumer of that rack, with that offset to read next, had better read what `replica` here leads: the broker
// of a replica of its rack that is in sync and has the offset, the one that has most; -1: here.
std::int32_t preferred_read_replica(BrokerShard& shard, const Replica& replica, const std::string& rack,
                                    Offset fetch_offset);

}  // namespace fulmar
