// Producer ids, from the controller.
#pragma once

#include "broker/protocol/record_batch.h"
#include "runtime/base/result.h"

namespace fulmar {

class BrokerShard;
class Request;

// A new, unique producer id. In a fiber; waits for the controller. Errors: as forward_to_controller(); refused.
Result<ProducerId> new_producer_id(BrokerShard& shard);
// Whether an InitProducerId has a transactional id, so that a coordinator answers it, and not the controller.
bool is_transactional(const Request& call);

}  // namespace fulmar
