// Transactions: what clients and other brokers ask of their coordinators.
#pragma once

#include "broker/protocol/messages/init_producer_id.h"
#include "broker/protocol/messages/transactions.h"

namespace fulmar {

class BrokerShard;

// Of a transactional id, in the words of that version of the API. In a fiber; waits for the answer.
InitProducerIdResponse init_transactional(BrokerShard& shard, const InitProducerIdRequest& request,
                                          std::int16_t version);

}  // namespace fulmar
