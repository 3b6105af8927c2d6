// Administrative requests about client quotas. Each is retried until it succeeds, fails for good, or the client's
// patience ends.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "broker/client/cluster_client.h"
#include "broker/security/client_quotas.h"

namespace fulmar {

// New values by key; nullopt: it is not set any more.
using QuotaChanges = std::map<std::string, std::optional<double>>;

// All entities that have quotas and these parts, whatever other parts they have. Errors: INVALID_REQUEST.
Answer<std::map<QuotaEntity, QuotaValues>> client_quotas(ClusterClient& cluster, const QuotaEntity& with);
// All of the changes are made, or none. Errors: INVALID_REQUEST, UNSUPPORTED_VERSION (the cluster's metadata.version is
// too low).
Answer<void> alter_client_quotas(ClusterClient& cluster, const QuotaEntity& of, const QuotaChanges& changes);

}  // namespace fulmar
