// ApiPermission: who may send a request at all, or who else decides that; for the table of served APIs.
#pragma once

#include <optional>

#include "broker/protocol/acl_types.h"
#include "broker/server/requests/request.h"

namespace fulmar {

class BrokerShard;
struct CreateAclsResponse;
struct AlterClientQuotasResponse;
struct AlterUserScramCredentialsResponse;
struct DeleteAclsResponse;
struct ElectLeadersResponse;
struct AlterPartitionReassignmentsResponse;
struct WriteTxnMarkersResponse;

inline constexpr const char* cluster_denied_message = "Cluster authorization failed.";

// Makes it the response to a client that may not send the request: CLUSTER_AUTHORIZATION_FAILED where Kafka has it.
// Errors: corrupt.
template <class Response>
Result<void> say_not_authorized(const Request&, Response& response) {
  response.error_code = ErrorCode::cluster_authorization_failed;
  if constexpr (requires { response.error_message; }) response.error_message = cluster_denied_message;
  return {};
}
// These have it for each part of the request.
Result<void> say_not_authorized(const Request& call, CreateAclsResponse& response);
Result<void> say_not_authorized(const Request& call, DeleteAclsResponse& response);
Result<void> say_not_authorized(const Request& call, AlterClientQuotasResponse& response);
Result<void> say_not_authorized(const Request& call, AlterUserScramCredentialsResponse& response);
Result<void> say_not_authorized(const Request& call, ElectLeadersResponse& response);
Result<void> say_not_authorized(const Request& call, AlterPartitionReassignmentsResponse& response);
Result<void> say_not_authorized(const Request& call, WriteTxnMarkersResponse& response);

// Who decides whether a client may do what its request asks for; every API has an answer.
class ApiPermission {
 public:
  // The client may always send it: it says and changes nothing that is guarded.
  static constexpr ApiPermission everybody() { return {}; }
  // The handler asks Access about each resource of the request.
  static constexpr ApiPermission by_handler() {
    ApiPermission permission;
    permission.handler_ = true;
    return permission;
  }
  // Whoever may do this on the cluster; others get a Response of errors. `or_else`: or this.
  template <class Response>
  static constexpr ApiPermission on_cluster(AclOperation operation, AclOperation or_else = AclOperation::unknown) {
    ApiPermission permission;
    permission.operation_ = operation;
    permission.or_else_ = or_else;
    permission.refuse_ = refusal<Response>;
    return permission;
  }

  bool is_for_everybody() const { return !handler_ && !refuse_; }
  bool is_by_handler() const { return handler_; }
  // The response to a client that may not send it; nullopt: it may, or the handler decides. Errors: corrupt.
  Result<std::optional<ByteChain>> refused(BrokerShard& shard, const Request& call) const;

 private:
  constexpr ApiPermission() = default;
  template <class Response>
  static Result<ByteChain> refusal(const Request& call) {
    Response response;
    FULMAR_TRY_VOID(say_not_authorized(call, response));
    return call.answer(response);
  }

  bool handler_ = false;
  AclOperation operation_ = AclOperation::unknown;
  AclOperation or_else_ = AclOperation::unknown;
  Result<ByteChain> (*refuse_)(const Request& call) = nullptr;
};

}  // namespace fulmar
