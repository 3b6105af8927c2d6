// What this client may do (KIP-430): operations, as bits (operation_bits() of authorized_operations.h). Where brokers
// have no authorizer, that is everything. Each is retried until the client's patience ends.
#pragma once

#include <cstdint>
#include <string>

#include "broker/client/cluster_client.h"

namespace fulmar {

// Nothing if it may not describe the cluster.
Answer<std::int32_t> allowed_on_cluster(ClusterClient& cluster);
// Errors: as ClusterClient::topic().
Answer<std::int32_t> allowed_on_topic(ClusterClient& cluster, const std::string& topic);
// Of either protocol. Errors: GROUP_ID_NOT_FOUND, and what its description is refused for.
Answer<std::int32_t> allowed_on_group(ClusterClient& cluster, const std::string& group);

}  // namespace fulmar
