#include "broker/client/acl_admin.h"

#include <algorithm>

#include "broker/protocol/messages/acls.h"

namespace fulmar {

namespace {

// DescribeAclsRequest or a filter of DeleteAclsRequest.
template <class Request>
Request as_request(const AclFilter& filter) {
  Request request;
  request.resource_type = filter.type;
  request.resource_name = filter.name;
  request.pattern_type = filter.pattern;
  request.principal = filter.principal;
  request.host = filter.host;
  request.operation = filter.operation;
  request.permission = filter.permission;
  return request;
}

template <class Result>
Answer<void> check(const Result& result) {
  if (result.error_code == ErrorCode::none) return {};
  return refuse(result.error_code, result.error_message.value_or("access control lists"));
}

// Of an answer that has one result for each of `asked`.
Answer<void> check_count(std::size_t results, std::size_t asked) {
  if (results == asked) return {};
  return refuse(ErrorCode::unknown_server_error, "the broker answered something else");
}

}  // namespace

Answer<std::vector<AclBinding>> list_acls(ClusterClient& cluster, const AclFilter& filter) {
  return cluster.retry([&](Deadline deadline) -> Answer<std::vector<AclBinding>> {
    FULMAR_TRY(auto connection, cluster.controller(deadline));
    FULMAR_TRY(auto response,
               connection->call<DescribeAclsResponse>(as_request<DescribeAclsRequest>(filter), deadline));
    FULMAR_TRY_VOID(check(response));
    std::vector<AclBinding> acls;
    for (const auto& resource : response.resources)
      for (const auto& acl : resource.acls)
        acls.push_back({resource.resource_type, resource.pattern_type, resource.resource_name, acl.principal, acl.host,
                        acl.operation, acl.permission});
    std::ranges::sort(acls);
    return acls;
  });
}

Answer<void> add_acls(ClusterClient& cluster, const std::vector<AclBinding>& acls) {
  CreateAclsRequest request;
  for (const auto& acl : acls)
    request.creations.push_back(
        {acl.type, acl.name, acl.pattern, acl.principal, acl.host, acl.operation, acl.permission});
  return cluster.retry([&](Deadline deadline) -> Answer<void> {
    FULMAR_TRY(auto connection, cluster.controller(deadline));
    FULMAR_TRY(auto response, connection->call<CreateAclsResponse>(request, deadline));
    FULMAR_TRY_VOID(check_count(response.results.size(), acls.size()));
    for (const auto& result : response.results) FULMAR_TRY_VOID(check(result));
    return {};
  });
}

Answer<std::vector<AclBinding>> remove_acls(ClusterClient& cluster, const std::vector<AclFilter>& filters) {
  DeleteAclsRequest request;
  for (const auto& filter : filters) request.filters.push_back(as_request<DeleteAclsRequest::Filter>(filter));
  return cluster.retry([&](Deadline deadline) -> Answer<std::vector<AclBinding>> {
    FULMAR_TRY(auto connection, cluster.controller(deadline));
    FULMAR_TRY(auto response, connection->call<DeleteAclsResponse>(request, deadline));
    FULMAR_TRY_VOID(check_count(response.results.size(), filters.size()));
    std::vector<AclBinding> removed;
    for (const auto& result : response.results) {
      FULMAR_TRY_VOID(check(result));
      for (const auto& acl : result.matching_acls)
        removed.push_back({acl.resource_type, acl.pattern_type, acl.resource_name, acl.principal, acl.host,
                           acl.operation, acl.permission});
    }
    return removed;
  });
}

AclFilter exactly(const AclBinding& acl) {
  return {acl.type, acl.pattern, acl.name, acl.principal, acl.host, acl.operation, acl.permission};
}

}  // namespace fulmar
