#include "broker/security/acl.h"

#include <array>
#include <cctype>
#include <span>

#include "broker/security/principal.h"
#include "runtime/base/utf8.h"

namespace fulmar {

namespace {

// Each in the order of its enumeration.
constexpr std::array<std::string_view, 8> type_names{
    "UNKNOWN", "ANY", "TOPIC", "GROUP", "CLUSTER", "TRANSACTIONAL_ID", "DELEGATION_TOKEN", "USER"};
constexpr std::array<std::string_view, 5> pattern_names{"UNKNOWN", "ANY", "MATCH", "LITERAL", "PREFIXED"};
constexpr std::array<std::string_view, 16> operation_names{"UNKNOWN",
                                                           "ANY",
                                                           "ALL",
                                                           "READ",
                                                           "WRITE",
                                                           "CREATE",
                                                           "DELETE",
                                                           "ALTER",
                                                           "DESCRIBE",
                                                           "CLUSTER_ACTION",
                                                           "DESCRIBE_CONFIGS",
                                                           "ALTER_CONFIGS",
                                                           "IDEMPOTENT_WRITE",
                                                           "CREATE_TOKENS",
                                                           "DESCRIBE_TOKENS",
                                                           "TWO_PHASE_COMMIT"};
constexpr std::array<std::string_view, 4> permission_names{"UNKNOWN", "ANY", "DENY", "ALLOW"};

template <class Enum>
std::string_view name_of(std::span<const std::string_view> names, Enum value) {
  auto index = static_cast<std::size_t>(value);
  return static_cast<int>(value) < 0 || index >= names.size() ? names[0] : names[index];
}

// In upper case and without '_': "AlterConfigs" is ALTER_CONFIGS.
std::string plain(std::string_view name) {
  std::string text;
  for (char c : name)
    if (c != '_') text.push_back(static_cast<char>(std::toupper(static_cast<unsigned char>(c))));
  return text;
}

template <class Enum>
std::optional<Enum> named(std::span<const std::string_view> names, std::string_view name) {
  for (std::size_t index = 1; index < names.size(); ++index)
    if (plain(name) == plain(names[index])) return static_cast<Enum>(index);
  return std::nullopt;
}

template <class Enum>
bool is_known(std::span<const std::string_view> names, Enum value) {
  return static_cast<int>(value) > 0 && static_cast<std::size_t>(value) < names.size();
}

template <class Enum>
std::unexpected<Error> refused(const std::string& what, Enum value) {
  auto number = static_cast<int>(value);
  auto name = std::string(to_string(value));
  return fail(Errc::invalid_argument, "Invalid " + what + " " + (name == "UNKNOWN" ? std::to_string(number) : name));
}

bool is_text(std::string_view text) {
  return text.size() <= acl_text_bytes_max && is_utf8(text);
}

}  // namespace

Result<void> check_acl(const AclBinding& acl) {
  if (!is_known(type_names, acl.type) || acl.type == AclResourceType::any) return refused("resourceType", acl.type);
  if (acl.pattern != AclPatternType::literal && acl.pattern != AclPatternType::prefixed)
    return refused("patternType", acl.pattern);
  if (!is_known(operation_names, acl.operation) || acl.operation == AclOperation::any)
    return refused("operation", acl.operation);
  if (acl.permission != AclPermission::deny && acl.permission != AclPermission::allow)
    return refused("permissionType", acl.permission);
  if (acl.name.empty()) return fail(Errc::invalid_argument, "Resource name should not be empty");
  if (acl.type == AclResourceType::cluster && acl.name != acl_cluster_name)
    return fail(Errc::invalid_argument,
                "The only valid name for the CLUSTER resource is " + std::string(acl_cluster_name));
  if (!is_text(acl.name) || !is_text(acl.principal) || !is_text(acl.host))
    return fail(Errc::invalid_argument,
                "A name, principal or host is no text of up to " + std::to_string(acl_text_bytes_max) + " bytes");
  FULMAR_TRY(auto principal, parse_principal(acl.principal));
  static_cast<void>(principal);
  if (acl.host.empty()) return fail(Errc::invalid_argument, "Host should not be empty");
  return {};
}

Result<void> check_acl_filter(const AclFilter& filter) {
  if (!is_known(type_names, filter.type)) return refused("resourceType", filter.type);
  if (!is_known(pattern_names, filter.pattern)) return refused("patternType", filter.pattern);
  if (!is_known(operation_names, filter.operation)) return refused("operation", filter.operation);
  if (!is_known(permission_names, filter.permission)) return refused("permissionType", filter.permission);
  return {};
}

bool AclFilter::matches(const AclBinding& acl) const {
  if (type != AclResourceType::any && type != acl.type) return false;
  const bool any_pattern = pattern == AclPatternType::any || pattern == AclPatternType::match;
  if (!any_pattern && pattern != acl.pattern) return false;
  if (principal && *principal != acl.principal) return false;
  if (host && *host != acl.host) return false;
  if (operation != AclOperation::any && operation != acl.operation) return false;
  if (permission != AclPermission::any && permission != acl.permission) return false;
  if (!name || *name == acl.name) return true;
  if (pattern != AclPatternType::match) return false;
  return acl.pattern == AclPatternType::prefixed ? name->starts_with(acl.name) : acl.name == acl_any;
}

std::string_view to_string(AclResourceType type) {
  return name_of(type_names, type);
}
std::string_view to_string(AclPatternType pattern) {
  return name_of(pattern_names, pattern);
}
std::string_view to_string(AclOperation operation) {
  return name_of(operation_names, operation);
}
std::string_view to_string(AclPermission permission) {
  return name_of(permission_names, permission);
}
std::optional<AclResourceType> parse_acl_resource_type(std::string_view name) {
  return named<AclResourceType>(type_names, name);
}
std::optional<AclPatternType> parse_acl_pattern_type(std::string_view name) {
  return named<AclPatternType>(pattern_names, name);
}
std::optional<AclOperation> parse_acl_operation(std::string_view name) {
  return named<AclOperation>(operation_names, name);
}

std::string to_string(const AclBinding& acl) {
  auto text = acl.principal + " from host " + acl.host + " " +
              (acl.permission == AclPermission::deny ? "may not " : "may ") + std::string(to_string(acl.operation)) +
              " " + std::string(to_string(acl.type)) + " ";
  if (acl.pattern == AclPatternType::prefixed) text += "PREFIXED ";
  return text + acl.name;
}

}  // namespace fulmar
