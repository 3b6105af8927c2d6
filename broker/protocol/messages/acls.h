// DescribeAcls, CreateAcls, DeleteAcls: access control lists (KIP-140, KIP-290).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/protocol/acl_types.h"
#include "broker/protocol/api_key.h"
#include "broker/protocol/error_code.h"

namespace fulmar {

struct DescribeAclsRequest {
  static constexpr ApiKey key = ApiKey::describe_acls;

  AclResourceType resource_type = AclResourceType::any;
  std::optional<std::string> resource_name;  // none: any
  AclPatternType pattern_type = AclPatternType::literal;
  std::optional<std::string> principal;  // none: any
  std::optional<std::string> host;       // none: any
  AclOperation operation = AclOperation::any;
  AclPermission permission = AclPermission::any;
};

struct DescribeAclsResponse {
  static constexpr ApiKey key = ApiKey::describe_acls;

  struct Resource {
    struct Acl {
      std::string principal;
      std::string host;
      AclOperation operation = AclOperation::unknown;
      AclPermission permission = AclPermission::unknown;
    };
    AclResourceType resource_type = AclResourceType::unknown;
    std::string resource_name;
    AclPatternType pattern_type = AclPatternType::literal;
    std::vector<Acl> acls;
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;
  std::optional<std::string> error_message = "";  // as Kafka's, where there is no error
  std::vector<Resource> resources;
};

struct CreateAclsRequest {
  static constexpr ApiKey key = ApiKey::create_acls;

  struct Creation {
    AclResourceType resource_type = AclResourceType::unknown;
    std::string resource_name;
    AclPatternType pattern_type = AclPatternType::literal;
    std::string principal;
    std::string host;
    AclOperation operation = AclOperation::unknown;
    AclPermission permission = AclPermission::unknown;
  };

  std::vector<Creation> creations;
};

struct CreateAclsResponse {
  static constexpr ApiKey key = ApiKey::create_acls;

  struct Result {
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string> error_message = "";  // as Kafka's, where there is no error
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<Result> results;  // in the order of the creations
};

struct DeleteAclsRequest {
  static constexpr ApiKey key = ApiKey::delete_acls;

  struct Filter {
    AclResourceType resource_type = AclResourceType::any;
    std::optional<std::string> resource_name;  // none: any
    AclPatternType pattern_type = AclPatternType::literal;
    std::optional<std::string> principal;  // none: any
    std::optional<std::string> host;       // none: any
    AclOperation operation = AclOperation::any;
    AclPermission permission = AclPermission::any;
  };

  std::vector<Filter> filters;
};

struct DeleteAclsResponse {
  static constexpr ApiKey key = ApiKey::delete_acls;

  struct MatchingAcl {
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string> error_message;
    AclResourceType resource_type = AclResourceType::unknown;
    std::string resource_name;
    AclPatternType pattern_type = AclPatternType::literal;
    std::string principal;
    std::string host;
    AclOperation operation = AclOperation::unknown;
    AclPermission permission = AclPermission::unknown;
  };
  struct Result {
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string> error_message;
    std::vector<MatchingAcl> matching_acls;  // that were removed
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<Result> results;  // in the order of the filters
};

}  // namespace fulmar
