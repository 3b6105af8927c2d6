// The resources of type BROKER_LOGGER: from which level on each component of this broker logs (KIP-412). They are of
// the process: the metadata does not have them, and a start forgets them.
#pragma once

#include "broker/protocol/messages/alter_configs.h"
#include "broker/protocol/messages/describe_configs.h"
#include "broker/server/requests/access.h"

namespace fulmar {

class BrokerShard;

// Whether all that is to be changed are loggers: the broker that receives the request then carries it out.
bool are_loggers(const IncrementalAlterConfigsRequest& request);

// The loggers of `resource`, or the error: INVALID_REQUEST for those of another broker.
void describe_loggers(BrokerShard& shard, const DescribeConfigsRequest::Resource& resource,
                      DescribeConfigsResponse::Result& result);
// Each resource is changed as a whole or not at all. Errors: INVALID_REQUEST, INVALID_CONFIG for a logger that there is
// not, or a level that is none; CLUSTER_AUTHORIZATION_FAILED.
IncrementalAlterConfigsResponse alter_loggers(BrokerShard& shard, Access& access,
                                              const IncrementalAlterConfigsRequest& request);

}  // namespace fulmar
