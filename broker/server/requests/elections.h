// PreferLeaders: what the controller has leaders do for ElectLeaders.
#pragma once

#include "broker/protocol/messages/peer.h"

namespace fulmar {

class BrokerShard;

// Transfers leaderships of this broker's groups to their preferred replicas; may be called on any shard.
PreferLeadersResponse prefer_leaders(BrokerShard& shard, const PreferLeadersRequest& request);

}  // namespace fulmar
