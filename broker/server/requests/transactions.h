// Requests to transaction coordinators.
#pragma once

#include "broker/protocol/messages/init_producer_id.h"
#include "broker/protocol/messages/transactions.h"

namespace fulmar {

class BrokerShard;

// Answers a request with a transactional id, in that version of the API. In a fiber; waits for the coordinator.
InitProducerIdResponse init_transactional(BrokerShard& shard, const InitProducerIdRequest& request,
                                          std::int16_t version);

}  // namespace fulmar
