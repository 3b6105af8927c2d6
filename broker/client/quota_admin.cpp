#include "broker/client/quota_admin.h"

#include "broker/protocol/messages/client_quotas.h"

namespace fulmar {

Answer<std::map<QuotaEntity, QuotaValues>> client_quotas(ClusterClient& cluster, const QuotaEntity& with) {
  using Match = DescribeClientQuotasRequest::Match;
  using Found = std::map<QuotaEntity, QuotaValues>;
  DescribeClientQuotasRequest request;
  for (const auto& [type, name] : with)
    request.components.push_back({type, name ? Match::exact : Match::default_name, name});
  return cluster.retry([&](Deadline deadline) -> Answer<Found> {
    FULMAR_TRY(auto connection, cluster.any(deadline));
    FULMAR_TRY(auto response, connection->call<DescribeClientQuotasResponse>(request, deadline));
    if (response.error_code != ErrorCode::none)
      return refuse(response.error_code, response.error_message.value_or("client quotas"));
    Found found;
    for (const auto& entry : response.entries.value_or(std::vector<DescribeClientQuotasResponse::Entry>())) {
      QuotaEntity entity;
      for (const auto& part : entry.entity) entity.insert_or_assign(part.entity_type, part.entity_name);
      for (const auto& value : entry.values) found[entity].insert_or_assign(value.key, value.value);
    }
    return found;
  });
}

Answer<void> alter_client_quotas(ClusterClient& cluster, const QuotaEntity& of, const QuotaChanges& changes) {
  AlterClientQuotasRequest request;
  auto& entry = request.entries.emplace_back();
  for (const auto& [type, name] : of) entry.entity.push_back({type, name});
  for (const auto& [key, value] : changes) entry.ops.push_back({key, value.value_or(0), !value.has_value()});
  return cluster.retry([&](Deadline deadline) -> Answer<void> {
    FULMAR_TRY(auto controller, cluster.controller(deadline));
    FULMAR_TRY(auto response, controller->call<AlterClientQuotasResponse>(request, deadline));
    if (response.entries.size() != 1)
      return refuse(ErrorCode::unknown_server_error, "the broker answered something else");
    const auto& result = response.entries.front();
    if (result.error_code == ErrorCode::none) return {};
    return refuse(result.error_code, result.error_message.value_or(to_string(of)));
  });
}

}  // namespace fulmar
