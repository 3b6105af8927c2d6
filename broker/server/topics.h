// Changes of topics: made on shard 0, durable before anyone is told, then applied on every shard.
#pragma once

#include <string>

#include "broker/protocol/error_code.h"

namespace fulmar {

class BrokerShard;

// For a client that asks for a topic that is not there. `none` if it is there now.
ErrorCode create_topic_on_demand(BrokerShard& shard, const std::string& name);

}  // namespace fulmar
