// Administrative requests about SCRAM credentials (KIP-554). Each is retried until it succeeds, fails for good, or the
// client's patience ends.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "broker/client/cluster_client.h"
#include "broker/security/sasl/mechanism.h"

namespace fulmar {

struct UserCredential {
  std::string user;
  ScramMechanism mechanism = ScramMechanism::unknown;
  std::int32_t iterations = 0;
};

// Of one user, or of all if `user` is empty, in the order of names. Errors: RESOURCE_NOT_FOUND.
Answer<std::vector<UserCredential>> user_credentials(ClusterClient& cluster, const std::string& user);

// Replaces the password of a user for one mechanism, or makes the user. The password does not travel. Errors:
// UNACCEPTABLE_CREDENTIAL, UNSUPPORTED_VERSION.
Answer<void> set_password(Host& host, ClusterClient& cluster, const UserCredential& wanted,
                          const std::string& password);

// Errors: RESOURCE_NOT_FOUND.
Answer<void> delete_credentials(ClusterClient& cluster, const std::string& user,
                                const std::vector<ScramMechanism>& mechanisms);

}  // namespace fulmar
