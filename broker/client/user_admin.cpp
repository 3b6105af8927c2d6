#include "broker/client/user_admin.h"

#include "broker/protocol/messages/scram_credentials.h"
#include "broker/security/sasl/scram.h"

namespace fulmar {

namespace {

Answer<void> alter(ClusterClient& cluster, const AlterUserScramCredentialsRequest& request) {
  return cluster.retry([&](Deadline deadline) -> Answer<void> {
    FULMAR_TRY(auto controller, cluster.controller(deadline));
    FULMAR_TRY(auto response, controller->call<AlterUserScramCredentialsResponse>(request, deadline));
    if (response.results.size() != 1)
      return refuse(ErrorCode::unknown_server_error, "the broker answered something else");
    auto& result = response.results.front();
    if (result.error_code == ErrorCode::none) return {};
    return refuse(result.error_code, result.error_message.value_or(result.user));
  });
}

}  // namespace

Answer<std::vector<UserCredential>> user_credentials(ClusterClient& cluster, const std::string& user) {
  DescribeUserScramCredentialsRequest request;
  if (!user.empty()) request.users = {{user}};
  return cluster.retry([&](Deadline deadline) -> Answer<std::vector<UserCredential>> {
    FULMAR_TRY(auto broker, cluster.any(deadline));
    FULMAR_TRY(auto response, broker->call<DescribeUserScramCredentialsResponse>(request, deadline));
    if (response.error_code != ErrorCode::none)
      return refuse(response.error_code, response.error_message.value_or(user));
    std::vector<UserCredential> all;
    for (const auto& result : response.results) {
      if (result.error_code != ErrorCode::none) return refuse(result.error_code, result.error_message.value_or(user));
      for (const auto& [mechanism, iterations] : result.credential_infos)
        all.push_back({result.user, ScramMechanism(mechanism), iterations});
    }
    return all;
  });
}

Answer<void> set_password(Host& host, ClusterClient& cluster, const UserCredential& wanted,
                          const std::string& password) {
  auto salt = sasl_nonce(host.entropy());
  auto salted = salted_password(wanted.mechanism, password, salt, wanted.iterations);
  AlterUserScramCredentialsRequest request;
  request.upsertions.push_back({.name = wanted.user,
                                .mechanism = static_cast<std::int8_t>(wanted.mechanism),
                                .iterations = wanted.iterations,
                                .salt = Bytes::copy_of(salt),
                                .salted_password = Bytes::copy_of(salted)});
  return alter(cluster, request);
}

Answer<void> delete_credentials(ClusterClient& cluster, const std::string& user,
                                const std::vector<ScramMechanism>& mechanisms) {
  AlterUserScramCredentialsRequest request;
  for (auto mechanism : mechanisms) request.deletions.push_back({user, static_cast<std::int8_t>(mechanism)});
  return alter(cluster, request);
}

}  // namespace fulmar
