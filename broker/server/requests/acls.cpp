// DescribeAcls, CreateAcls, DeleteAcls: the access control lists of the cluster, which the metadata keeps (KIP-140).
#include "broker/protocol/messages/acls.h"

#include "broker/server/controller/draft.h"
#include "broker/server/requests/handlers.h"
#include "broker/server/requests/request.h"
#include "broker/server/requests/response_room.h"
#include "broker/server/shard/broker_shard.h"
#include "runtime/fiber/slices.h"
#include "runtime/host/clock.h"

namespace fulmar {

namespace {

constexpr std::size_t acls_max = 100'000;         // of a cluster: each broker has all of them in memory
constexpr std::size_t request_acls_max = 10'000;  // that one request adds or removes; as Kafka's
constexpr std::size_t filters_max = 1'000;        // each is matched against every entry
constexpr Duration match_work = nanoseconds(100);
constexpr Duration plan_acl_work = microseconds(3);
constexpr std::int64_t acl_bytes = 200;  // of a described entry in memory, about, without its texts

constexpr Duration shown_max = seconds(5);

constexpr const char* no_authorizer_message = "No Authorizer is configured.";

using Outcome = CreateAclsResponse::Result;

// Why nothing is changed at all; NONE if something may be.
Outcome refusal_of_all(const BrokerShard& shard, std::size_t asked, std::size_t asked_max, const std::string& what) {
  if (!shard.config().authorizer.enabled) return {ErrorCode::security_disabled, no_authorizer_message};
  if (asked <= asked_max) return {};
  return {ErrorCode::invalid_request, "more than " + std::to_string(asked_max) + " " + what + " in one request"};
}

template <class Asked>
AclFilter filter_of(const Asked& asked) {
  return {asked.resource_type, asked.pattern_type, asked.resource_name, asked.principal,
          asked.host,          asked.operation,    asked.permission};
}

// Calls take(binding) for each that the filter matches. Yields.
template <class Take>
void each_match(const AclSet& acls, const AclFilter& filter, Take&& take) {
  for (const auto& [acl, nothing] : acls.bindings()) {
    work_in_slices(match_work);
    if (filter.matches(acl)) take(acl);
  }
}

// For the change of some entries; NONE: they may be changed.
ErrorCode may_change(const Draft& draft, std::optional<std::string>& message) {
  if (!draft.controls()) {
    message = no_controller_message;
    return ErrorCode::not_controller;
  }
  if (level_of(draft.image.features, metadata_version) >= metadata_with_security) return ErrorCode::none;
  message = "there are access control lists from metadata.version " + std::to_string(metadata_with_security) +
            " on: brokers of an earlier release could not read them";
  return ErrorCode::unsupported_version;
}

Outcome plan_acl(Draft& draft, const CreateAclsRequest::Creation& asked) {
  AclBinding acl{asked.resource_type, asked.pattern_type, asked.resource_name, asked.principal,
                 asked.host,          asked.operation,    asked.permission};
  if (auto checked = check_acl(acl); !checked) return {ErrorCode::invalid_request, checked.error().detail};
  Outcome refusal;
  refusal.error_code = may_change(draft, refusal.error_message);
  if (refusal.error_code != ErrorCode::none) return refusal;
  if (draft.image.acls.contains(acl)) return {};
  if (draft.image.acls.size() >= acls_max)
    return {ErrorCode::policy_violation, "there are " + std::to_string(acls_max) + " entries already"};
  draft.add(AclRecord{std::move(acl)});
  return {};
}

// What a filter removes is what is there without what the filters before it have removed.
DeleteAclsResponse::Result plan_removals(Draft& draft, const DeleteAclsRequest::Filter& asked) {
  DeleteAclsResponse::Result result;
  auto filter = filter_of(asked);
  if (auto checked = check_acl_filter(filter); !checked) {
    result.error_code = ErrorCode::invalid_request;
    result.error_message = checked.error().detail;
    return result;
  }
  result.error_code = may_change(draft, result.error_message);
  if (result.error_code != ErrorCode::none) return result;
  std::vector<AclBinding> removed;
  each_match(AclSet(draft.image.acls), filter, [&](const AclBinding& acl) { removed.push_back(acl); });
  if (draft.records.size() + removed.size() > request_acls_max) {
    result.error_code = ErrorCode::invalid_request;
    result.error_message =
        "Cannot remove more than " + std::to_string(request_acls_max) + " acls in a single delete operation.";
    return result;
  }
  for (auto& acl : removed) {
    result.matching_acls.push_back({ErrorCode::none, std::nullopt, acl.type, acl.name, acl.pattern, acl.principal,
                                    acl.host, acl.operation, acl.permission});
    draft.add(RemoveAclRecord{std::move(acl)});
    work_in_slices(plan_acl_work);
  }
  return result;
}

void tell(const Draft& draft) {
  for (const auto& record : draft.records) {
    if (const auto* added = std::get_if<AclRecord>(&record))
      draft.shard.log().info("access control added", {{"entry", to_string(added->acl)}});
    else if (const auto* removed = std::get_if<RemoveAclRecord>(&record))
      draft.shard.log().info("access control removed", {{"entry", to_string(removed->acl)}});
  }
}

}  // namespace

Result<ByteChain> handle_describe_acls(BrokerShard& shard, const Request& call) {
  FULMAR_TRY(auto request, call.body<DescribeAclsRequest>());
  DescribeAclsResponse response;
  if (!shard.config().authorizer.enabled) {
    response.error_code = ErrorCode::security_disabled;
    response.error_message = no_authorizer_message;
    return call.answer(response);
  }
  auto filter = filter_of(request);
  if (auto checked = check_acl_filter(filter); !checked) {
    response.error_code = ErrorCode::invalid_request;
    response.error_message = checked.error().detail;
    return call.answer(response);
  }
  // What is answered holds for all that this broker is asked later, on whichever shard.
  auto shown = shard.on(0, [](BrokerShard& first) {
    return first.broker().metadata->wait_all_published(first.host().clock().deadline_in(shown_max));
  });
  if (shown != WaitResult::woken) {
    response.error_code = ErrorCode::request_timed_out;
    response.error_message = "not all of this broker goes by the newest entries yet";
    return call.answer(response);
  }
  const auto image = shard.image();
  ResponseRoom room(shard);
  // All of a pattern follow one another.
  each_match(image->acls, filter, [&](const AclBinding& acl) {
    room.take(acl_bytes + static_cast<std::int64_t>(acl.name.size() + acl.principal.size() + acl.host.size()));
    auto* last = response.resources.empty() ? nullptr : &response.resources.back();
    bool same =
        last && last->resource_type == acl.type && last->pattern_type == acl.pattern && last->resource_name == acl.name;
    if (!same) last = &response.resources.emplace_back(acl.type, acl.name, acl.pattern);
    last->acls.push_back({acl.principal, acl.host, acl.operation, acl.permission});
  });
  return call.answer(response);
}

Result<ByteChain> handle_create_acls(BrokerShard& shard, const Request& call) {
  FULMAR_TRY(auto request, call.body<CreateAclsRequest>());
  CreateAclsResponse response;
  auto refusal = refusal_of_all(shard, request.creations.size(), request_acls_max, "entries");
  if (refusal.error_code != ErrorCode::none) {
    response.results.assign(request.creations.size(), refusal);
    return call.answer(response);
  }
  change_metadata(shard, [&](Draft& draft) {
    for (const auto& asked : request.creations) {
      response.results.push_back(plan_acl(draft, asked));
      work_in_slices(plan_acl_work);
    }
    auto error = draft.commit();
    if (error == ErrorCode::none) return tell(draft);
    for (auto& result : response.results)
      if (result.error_code == ErrorCode::none) result = {error, not_made_message(error)};
  });
  return call.answer(response);
}

Result<ByteChain> handle_delete_acls(BrokerShard& shard, const Request& call) {
  FULMAR_TRY(auto request, call.body<DeleteAclsRequest>());
  DeleteAclsResponse response;
  auto refusal = refusal_of_all(shard, request.filters.size(), filters_max, "filters");
  if (refusal.error_code != ErrorCode::none) {
    response.results.assign(request.filters.size(), {refusal.error_code, refusal.error_message, {}});
    return call.answer(response);
  }
  change_metadata(shard, [&](Draft& draft) {
    for (const auto& asked : request.filters) response.results.push_back(plan_removals(draft, asked));
    auto error = draft.commit();
    if (error == ErrorCode::none) return tell(draft);
    for (auto& result : response.results)
      if (result.error_code == ErrorCode::none) result = {error, not_made_message(error), {}};
  });
  return call.answer(response);
}

}  // namespace fulmar
