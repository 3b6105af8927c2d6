// Administrative requests about access control lists. Each is retried until it succeeds, fails for good, or the
// client's patience ends.
#pragma once

#include <vector>

#include "broker/client/cluster_client.h"
#include "broker/security/acl.h"

namespace fulmar {

// In the order of types, pattern types, names and principals. Errors: among others SECURITY_DISABLED: the brokers have
// no authorizer; CLUSTER_AUTHORIZATION_FAILED.
Answer<std::vector<AclBinding>> list_acls(ClusterClient& cluster, const AclFilter& filter);
// Errors: likewise, and INVALID_REQUEST; those before the one that failed may be added.
Answer<void> add_acls(ClusterClient& cluster, const std::vector<AclBinding>& acls);
// Removes what the filters match; returns what was removed, in their order. Errors: as list_acls().
Answer<std::vector<AclBinding>> remove_acls(ClusterClient& cluster, const std::vector<AclFilter>& filters);

// The filter that matches this entry and no other.
AclFilter exactly(const AclBinding& acl);

}  // namespace fulmar
