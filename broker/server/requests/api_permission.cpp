#include "broker/server/requests/api_permission.h"

#include <set>

#include "broker/protocol/messages/acls.h"
#include "broker/protocol/messages/client_quotas.h"
#include "broker/protocol/messages/leaders.h"
#include "broker/protocol/messages/reassignments.h"
#include "broker/protocol/messages/scram_credentials.h"
#include "broker/protocol/messages/transactions.h"
#include "broker/server/requests/access.h"

namespace fulmar {

namespace {

constexpr auto denied = ErrorCode::cluster_authorization_failed;

}  // namespace

Result<void> say_not_authorized(const Request& call, CreateAclsResponse& response) {
  FULMAR_TRY(auto request, call.body<CreateAclsRequest>());
  response.results.assign(request.creations.size(), {denied, cluster_denied_message});
  return {};
}

Result<void> say_not_authorized(const Request& call, DeleteAclsResponse& response) {
  FULMAR_TRY(auto request, call.body<DeleteAclsRequest>());
  response.results.assign(request.filters.size(), {denied, cluster_denied_message, {}});
  return {};
}

Result<void> say_not_authorized(const Request& call, AlterClientQuotasResponse& response) {
  FULMAR_TRY(auto request, call.body<AlterClientQuotasRequest>());
  for (auto& entry : request.entries)
    response.entries.push_back({denied, cluster_denied_message, std::move(entry.entity)});
  return {};
}

// One for each user, in the order of their names.
Result<void> say_not_authorized(const Request& call, AlterUserScramCredentialsResponse& response) {
  FULMAR_TRY(auto request, call.body<AlterUserScramCredentialsRequest>());
  std::set<std::string> users;
  for (const auto& deletion : request.deletions) users.insert(deletion.name);
  for (const auto& upsertion : request.upsertions) users.insert(upsertion.name);
  for (const auto& user : users) response.results.push_back({user, denied, cluster_denied_message});
  return {};
}

Result<void> say_not_authorized(const Request& call, ElectLeadersResponse& response) {
  FULMAR_TRY(auto request, call.body<ElectLeadersRequest>());
  response.error_code = denied;
  if (!request.topics) return {};
  for (const auto& topic : *request.topics) {
    auto& out = response.topics.emplace_back();
    out.name = topic.name;
    for (auto index : topic.partitions) out.partitions.push_back({index, denied, cluster_denied_message});
  }
  return {};
}

Result<void> say_not_authorized(const Request& call, AlterPartitionReassignmentsResponse& response) {
  FULMAR_TRY(auto request, call.body<AlterPartitionReassignmentsRequest>());
  response.error_code = denied;
  response.error_message = cluster_denied_message;
  for (const auto& topic : request.topics) {
    auto& out = response.topics.emplace_back();
    out.name = topic.name;
    for (const auto& partition : topic.partitions)
      out.partitions.push_back({partition.index, denied, cluster_denied_message});
  }
  return {};
}

Result<void> say_not_authorized(const Request& call, WriteTxnMarkersResponse& response) {
  FULMAR_TRY(auto request, call.body<WriteTxnMarkersRequest>());
  for (const auto& marker : request.markers) {
    auto& out_marker = response.markers.emplace_back();
    out_marker.producer_id = marker.producer_id;
    for (const auto& topic : marker.topics) {
      auto& out = out_marker.topics.emplace_back();
      out.name = topic.name;
      for (auto index : topic.partition_indexes) out.partitions.push_back({index, denied});
    }
  }
  return {};
}

Result<std::optional<ByteChain>> ApiPermission::refused(BrokerShard& shard, const Request& call) const {
  if (!refuse_) return std::nullopt;
  Access access(shard, call);
  if (or_else_ != AclOperation::unknown && access.sees(or_else_, AclResourceType::cluster, acl_cluster_name))
    return std::nullopt;
  if (access.may_on_cluster(operation_)) return std::nullopt;
  return refuse_(call);
}

}  // namespace fulmar
