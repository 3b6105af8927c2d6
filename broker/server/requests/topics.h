// Creates topics that clients ask for. Made on shard 0, committed before anything is answered, then applied on every
// shard.
#pragma once

#include <string>
#include <vector>

#include "broker/protocol/error_code.h"

namespace fulmar {

class BrokerShard;

// Creates the missing topics in `names`, each name once. `none` for each that exists afterwards. The coordinators'
// topics are created with settings of their own.
std::vector<ErrorCode> create_topics_on_demand(BrokerShard& shard, const std::vector<std::string>& names);

}  // namespace fulmar
