// Administrative requests about the controllers (KIP-853).
#pragma once

#include <cstdint>

#include "broker/client/cluster_client.h"
#include "broker/protocol/uuid.h"

namespace fulmar {

// Returns once the broker is a voter. Retried until the client's patience ends. Errors: among others DUPLICATE_VOTER,
// BROKER_ID_NOT_REGISTERED, INVALID_REQUEST.
Answer<void> add_controller(ClusterClient& cluster, std::int32_t broker, const Uuid& directory);
// Returns once it is no voter any more. Errors: among others VOTER_NOT_FOUND; INVALID_REQUEST: it is the only one.
Answer<void> remove_controller(ClusterClient& cluster, std::int32_t broker, const Uuid& directory);

}  // namespace fulmar
