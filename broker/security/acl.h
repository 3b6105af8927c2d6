// AclBinding: one entry of an access control list: it allows or denies a principal, from a host, an operation on the
// resources that a pattern stands for. AclFilter: which bindings are meant, to list or to remove them. Kafka's, with
// its semantics and words (KIP-11, KIP-290).
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "broker/protocol/acl_types.h"
#include "runtime/base/result.h"

namespace fulmar {

inline constexpr std::string_view acl_cluster_name = "kafka-cluster";  // the only resource of type CLUSTER
inline constexpr std::string_view acl_any = "*";  // as a literal name: every resource; as a host: every host
inline constexpr std::string_view acl_any_principal = "User:*";

// Of a binding; longer ones are refused.
inline constexpr std::size_t acl_text_bytes_max = 1024;

struct AclBinding {
  AclResourceType type = AclResourceType::topic;
  AclPatternType pattern = AclPatternType::literal;
  std::string name;       // of the resource, or its beginning, or acl_any
  std::string principal;  // "User:alice", acl_any_principal
  std::string host;       // an address, as a client's connection shows it, or acl_any
  AclOperation operation = AclOperation::all;
  AclPermission permission = AclPermission::allow;

  // All that the pattern stands for is together, and there all of a principal.
  auto operator<=>(const AclBinding&) const = default;
};

// Errors: invalid_argument, in words for the client: a value that only filters may have, or that is unknown; an empty
// name; a cluster of another name; a principal that is none; text that is too long or no UTF-8.
Result<void> check_acl(const AclBinding& binding);

struct AclFilter {
  AclResourceType type = AclResourceType::any;
  AclPatternType pattern = AclPatternType::any;
  std::optional<std::string> name = {};       // none: any
  std::optional<std::string> principal = {};  // likewise: exactly that, "User:*" too
  std::optional<std::string> host = {};       // likewise
  AclOperation operation = AclOperation::any;
  AclPermission permission = AclPermission::any;

  bool matches(const AclBinding& binding) const;
};

// Errors: invalid_argument: a value that is unknown, in words for the client.
Result<void> check_acl_filter(const AclFilter& filter);

// Kafka's names, as its tools print them: "TOPIC", "PREFIXED", "IDEMPOTENT_WRITE", "ALLOW"; "UNKNOWN" for others.
std::string_view to_string(AclResourceType type);
std::string_view to_string(AclPatternType pattern);
std::string_view to_string(AclOperation operation);
std::string_view to_string(AclPermission permission);
// Upper or lower case, with '_' or without, as in "AlterConfigs"; nullopt: there is none of that name, or it is
// UNKNOWN.
std::optional<AclResourceType> parse_acl_resource_type(std::string_view name);
std::optional<AclPatternType> parse_acl_pattern_type(std::string_view name);
std::optional<AclOperation> parse_acl_operation(std::string_view name);

// For people: "User:alice from host * may READ TOPIC PREFIXED logs-".
std::string to_string(const AclBinding& binding);

}  // namespace fulmar
