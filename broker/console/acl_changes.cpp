#include "broker/client/acl_admin.h"
#include "broker/console/changes.h"

namespace fulmar {

namespace {

template <class Value>
Result<Value> known(std::string_view name, const std::string& text, std::optional<Value> parsed) {
  if (!parsed) return fail(Errc::invalid_argument, "there is no " + std::string(name) + " " + text);
  return *parsed;
}

Result<AclPermission> permission_of(const std::string& text) {
  if (text == to_string(AclPermission::allow)) return AclPermission::allow;
  if (text == to_string(AclPermission::deny)) return AclPermission::deny;
  return fail(Errc::invalid_argument, "permission must be ALLOW or DENY, not " + text);
}

// One entry, in the words that the list of them shows.
Result<AclBinding> entry_of(const ChangeBody& body) {
  FULMAR_TRY_VOID(body.only({"type", "pattern", "name", "principal", "host", "operation", "permission"}));
  AclBinding acl;
  FULMAR_TRY(auto type, body.text("type"));
  FULMAR_TRY(auto pattern, body.text("pattern"));
  FULMAR_TRY(auto operation, body.text("operation"));
  FULMAR_TRY(auto permission, body.text("permission"));
  FULMAR_TRY(acl.name, body.text("name"));
  FULMAR_TRY(acl.principal, body.text("principal"));
  FULMAR_TRY(acl.host, body.text("host"));
  FULMAR_TRY(acl.type, known("type", type, parse_acl_resource_type(type)));
  FULMAR_TRY(acl.pattern, known("pattern", pattern, parse_acl_pattern_type(pattern)));
  FULMAR_TRY(acl.operation, known("operation", operation, parse_acl_operation(operation)));
  FULMAR_TRY(acl.permission, permission_of(permission));
  FULMAR_TRY_VOID(check_acl(acl));
  return acl;
}

}  // namespace

Result<ConsoleChange> add_acl_change(const ChangeBody& body) {
  FULMAR_TRY(auto acl, entry_of(body));
  return ConsoleChange{to_string(acl), [acl](const ConsoleWork& work) -> Answer<ConsoleJson> {
                         FULMAR_TRY_VOID(add_acls(work.cluster, {acl}));
                         return ConsoleJson{{"done", "added: " + to_string(acl)}};
                       }};
}

Result<ConsoleChange> remove_acl_change(const ChangeBody& body) {
  FULMAR_TRY(auto acl, entry_of(body));
  return ConsoleChange{to_string(acl), [acl](const ConsoleWork& work) -> Answer<ConsoleJson> {
                         FULMAR_TRY(auto removed, remove_acls(work.cluster, {exactly(acl)}));
                         if (removed.empty()) return refuse(ErrorCode::resource_not_found, "there is no such entry");
                         return ConsoleJson{{"done", "removed: " + to_string(acl)}};
                       }};
}

}  // namespace fulmar
