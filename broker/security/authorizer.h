// Authorizer: what one client may do: by the settings of the broker, and by the access control lists of one image of
// the metadata. A view, made for a request; pure.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "broker/security/acl_set.h"
#include "broker/security/principal.h"

namespace fulmar {

struct AuthorizerSettings {
  bool enabled = false;               // authorizer.class.name; false: everybody may do everything
  std::set<Principal> super_users;    // super.users: may do everything, whatever denies it
  bool unguarded_is_allowed = false;  // allow.everyone.if.no.acl.found

  bool operator==(const AuthorizerSettings&) const = default;
};

class Authorizer {
 public:
  // `settings` and `acls` must outlive it. `host`: the client's address, without its port.
  Authorizer(const AuthorizerSettings& settings, const AclSet& acls, const Principal& principal, std::string host);
  // Of the broker itself: it may do everything.
  static Authorizer of_broker();

  // Whether the answer is yes, whatever the resource.
  bool allows_everything() const { return everything_; }
  bool allows(AclOperation operation, AclResourceType type, std::string_view name) const;
  bool allows_on_cluster(AclOperation operation) const {
    return allows(operation, AclResourceType::cluster, acl_cluster_name);
  }
  // Whether there can be a resource of the type on which it is allowed (KIP-679).
  bool allows_on_some(AclOperation operation, AclResourceType type) const;
  // Those of `operations` that are allowed, as bits (KIP-430).
  std::int32_t allowed_bits(std::int32_t operations, AclResourceType type, std::string_view name) const;

 private:
  Authorizer() = default;

  const AclSet* acls_ = nullptr;
  bool everything_ = true;
  bool unguarded_is_allowed_ = false;
  std::string principal_;
  std::string host_;
};

}  // namespace fulmar
