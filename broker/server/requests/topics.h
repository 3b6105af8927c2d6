// Changes of topics: made on shard 0, durable before anyone is told, then applied on every shard.
#pragma once

#include <string>
#include <vector>

#include "broker/protocol/error_code.h"

namespace fulmar {

class BrokerShard;

// For a client that asks for topics that are not there, each once. `none` for each that is there now. Also for the
// coordinators' own, which are made with settings of their own.
std::vector<ErrorCode> create_topics_on_demand(BrokerShard& shard, const std::vector<std::string>& names);

}  // namespace fulmar
