#include "broker/security/authorizer.h"

#include <utility>

namespace fulmar {

namespace {

// Kafka asks first whether one of this name would be allowed: it lets super users pass, and wildcards.
constexpr std::string_view some_name = "hardcode";

constexpr int operation_bits_max = 31;

}  // namespace

Authorizer::Authorizer(const AuthorizerSettings& settings, const AclSet& acls, const Principal& principal,
                       std::string host)
    : acls_(&acls),
      everything_(!settings.enabled || settings.super_users.contains(principal)),
      unguarded_is_allowed_(settings.unguarded_is_allowed),
      principal_(everything_ ? std::string() : to_string(principal)),
      host_(std::move(host)) {}

Authorizer Authorizer::of_broker() {
  return {};
}

bool Authorizer::allows(AclOperation operation, AclResourceType type, std::string_view name) const {
  if (everything_) return true;
  switch (acls_->decide({principal_, host_}, operation, type, name)) {
    case AclVerdict::allowed: return true;
    case AclVerdict::unguarded: return unguarded_is_allowed_;
    default: return false;
  }
}

bool Authorizer::allows_on_some(AclOperation operation, AclResourceType type) const {
  return allows(operation, type, some_name) || acls_->allows_on_some({principal_, host_}, operation, type);
}

std::int32_t Authorizer::allowed_bits(std::int32_t operations, AclResourceType type, std::string_view name) const {
  if (everything_) return operations;
  std::int32_t allowed = 0;
  for (int bit = 0; bit < operation_bits_max; ++bit)
    if ((operations >> bit & 1) != 0 && allows(static_cast<AclOperation>(bit), type, name)) allowed |= 1 << bit;
  return allowed;
}

}  // namespace fulmar
