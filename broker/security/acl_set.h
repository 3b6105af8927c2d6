// AclSet: the access control lists of a cluster, and what they say of one principal's operation on one resource. As
// Kafka's StandardAuthorizer decides: whatever denies goes before all that allows; and what is needed to change or to
// read a resource allows to describe it.
//
// A decision takes O(log n) for each pattern that the resource falls under, of n bindings, and O(1) for each binding of
// the principal there. Copies share their parts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "broker/security/acl.h"
#include "runtime/base/persistent_map.h"

namespace fulmar {

// Whose operation is to be decided. What it refers to must outlive the decision.
struct AclRequester {
  std::string_view principal;  // "User:alice"
  std::string_view host;       // the client's address, without its port
};

enum class AclVerdict : std::uint8_t {
  denied,     // a binding denies it
  allowed,    // a binding allows it, and none denies it
  unnamed,    // neither; but there are bindings of patterns that the resource falls under
  unguarded,  // there are none
};

class AclSet {
 public:
  struct Nothing {
    bool operator==(const Nothing&) const = default;
  };
  using Bindings = PersistentMap<AclBinding, Nothing>;  // in their order

  bool empty() const { return bindings_.empty(); }
  std::size_t size() const { return bindings_.size(); }
  bool contains(const AclBinding& binding) const { return bindings_.contains(binding); }
  const Bindings& bindings() const { return bindings_; }
  void add(const AclBinding& binding) { bindings_.insert_or_assign(binding, {}); }
  void remove(const AclBinding& binding) { bindings_.erase(binding); }
  bool operator==(const AclSet&) const = default;
  // Whether nothing changed between the two; false does not mean that something did.
  bool is_same_version(const AclSet& other) const { return bindings_.is_same_version(other.bindings_); }

  AclVerdict decide(const AclRequester& who, AclOperation operation, AclResourceType type, std::string_view name) const;
  // Whether there can be a resource of that type on which `who` may do exactly this, by bindings that name the
  // operation or ALL (KIP-679). Takes time in the bindings of that type.
  bool allows_on_some(const AclRequester& who, AclOperation operation, AclResourceType type) const;

 private:
  // The bindings of one pattern: `found` becomes the verdict on them and on what was looked at before.
  void look_at(const AclRequester& who, AclOperation operation, AclResourceType type, AclPatternType pattern,
               std::string_view name, AclVerdict& found) const;

  Bindings bindings_;
};

}  // namespace fulmar
