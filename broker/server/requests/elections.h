// Leaders chosen on request: what ElectLeaders has the leaders do.
#pragma once

#include "broker/protocol/messages/peer.h"

namespace fulmar {

class BrokerShard;

// Has the preferred replicas lead groups that this broker leads; asked on any shard.
PreferLeadersResponse prefer_leaders(BrokerShard& shard, const PreferLeadersRequest& request);

}  // namespace fulmar
