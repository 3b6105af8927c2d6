#include "broker/security/acl_set.h"

#include <algorithm>
#include <set>
#include <string>
#include <tuple>
#include <vector>

namespace fulmar {

namespace {

// A place in the order of bindings: before all of a pattern and a principal, "": before all of the pattern.
struct AclPlace {
  AclResourceType type;
  AclPatternType pattern;
  std::string_view name;
  std::string_view principal;
};

auto place_of(const AclBinding& acl) {
  return std::tuple(acl.type, acl.pattern, std::string_view(acl.name), std::string_view(acl.principal));
}

bool operator<(const AclBinding& acl, const AclPlace& place) {
  return place_of(acl) < std::tuple(place.type, place.pattern, place.name, place.principal);
}

bool has_pattern(const AclBinding& acl, const AclPlace& place) {
  return acl.type == place.type && acl.pattern == place.pattern && acl.name == place.name;
}

// What is needed for these allows to see the resource, too; what denies them does not deny that.
bool implies(AclOperation allowed, AclOperation operation) {
  switch (operation) {
    case AclOperation::describe:
      return allowed == AclOperation::read || allowed == AclOperation::write || allowed == AclOperation::remove ||
             allowed == AclOperation::alter;
    case AclOperation::describe_configs: return allowed == AclOperation::alter_configs;
    default: return false;
  }
}

bool is_about(const AclBinding& acl, AclOperation operation) {
  return acl.operation == operation || acl.operation == AclOperation::all ||
         (acl.permission == AclPermission::allow && implies(acl.operation, operation));
}

bool is_from(const AclBinding& acl, std::string_view host) {
  return acl.host == acl_any || acl.host == host;
}

std::size_t common_length(std::string_view a, std::string_view b) {
  return static_cast<std::size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
}

}  // namespace

void AclSet::look_at(const AclRequester& who, AclOperation operation, AclResourceType type, AclPatternType pattern,
                     std::string_view name, AclVerdict& found) const {
  for (auto principal : {who.principal, acl_any_principal}) {
    const AclPlace place{type, pattern, name, principal};
    for (auto at = bindings_.lower_bound(place); at != bindings_.end(); ++at) {
      const auto& acl = at->first;
      if (!has_pattern(acl, place) || acl.principal != principal) break;
      if (!is_about(acl, operation) || !is_from(acl, who.host)) continue;
      if (acl.permission == AclPermission::deny) {
        found = AclVerdict::denied;
        return;
      }
      found = AclVerdict::allowed;
    }
  }
  if (found != AclVerdict::unguarded) return;
  const AclPlace first{type, pattern, name, ""};
  auto any = bindings_.lower_bound(first);
  if (any != bindings_.end() && has_pattern(any->first, first)) found = AclVerdict::unnamed;
}

AclVerdict AclSet::decide(const AclRequester& who, AclOperation operation, AclResourceType type,
                          std::string_view name) const {
  auto found = AclVerdict::unguarded;
  look_at(who, operation, type, AclPatternType::literal, name, found);
  if (found != AclVerdict::denied && name != acl_any)
    look_at(who, operation, type, AclPatternType::literal, acl_any, found);
  // The prefixes of `name` that there are, the longest first. The pattern before `rest` is either the next one, or
  // shows by what it has in common with `rest` how long the next one can be at most.
  std::string_view rest = name;
  std::string after;  // the least text that is greater than `rest`
  while (found != AclVerdict::denied && !rest.empty()) {
    after.assign(rest);
    after.push_back('\0');
    const auto* before = bindings_.last_before(AclPlace{type, AclPatternType::prefixed, after, ""});
    if (!before) break;
    const auto& acl = before->first;
    if (acl.type != type || acl.pattern != AclPatternType::prefixed) break;
    auto common = common_length(acl.name, rest);
    if (common < acl.name.size()) {
      rest = rest.substr(0, common);
      continue;
    }
    rest = rest.substr(0, acl.name.size());
    look_at(who, operation, type, AclPatternType::prefixed, rest, found);
    rest.remove_suffix(1);
  }
  return found;
}

bool AclSet::allows_on_some(const AclRequester& who, AclOperation operation, AclResourceType type) const {
  std::set<std::string_view> denied;
  std::set<std::string_view> denied_prefixes;
  bool everything = false;
  std::vector<const AclBinding*> allowed;
  for (auto at = bindings_.lower_bound(AclPlace{type, AclPatternType::unknown, "", ""}); at != bindings_.end(); ++at) {
    const auto& acl = at->first;
    if (acl.type != type) break;
    if (acl.principal != who.principal && acl.principal != acl_any_principal) continue;
    if (acl.operation != operation && acl.operation != AclOperation::all) continue;
    if (!is_from(acl, who.host)) continue;
    const bool literal = acl.pattern == AclPatternType::literal;
    const bool all = literal && acl.name == acl_any;
    if (acl.permission == AclPermission::allow) {
      everything = everything || all;
      allowed.push_back(&acl);
    } else if (all) {
      return false;
    } else {
      (literal ? denied : denied_prefixes).insert(acl.name);
    }
  }
  if (everything) return true;
  auto is_free = [&](const AclBinding* acl) {
    std::string_view name = acl->name;
    if (acl->pattern == AclPatternType::literal && denied.contains(name)) return false;
    for (std::size_t length = 1; length <= name.size(); ++length)
      if (denied_prefixes.contains(name.substr(0, length))) return false;
    return true;
  };
  return std::ranges::any_of(allowed, is_free);
}

}  // namespace fulmar
