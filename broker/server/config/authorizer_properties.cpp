#include "broker/server/config/authorizer_properties.h"

#include <algorithm>

#include "broker/server/config/property_values.h"

namespace fulmar {

namespace {

constexpr std::string_view class_name = "authorizer.class.name";
constexpr std::string_view users_name = "super.users";
constexpr std::string_view unguarded_name = "allow.everyone.if.no.acl.found";

// Names may have commas: the distinguished name of a certificate does.
Result<std::set<Principal>> parse_users(std::string_view text) {
  std::set<Principal> users;
  while (!text.empty()) {
    auto end = std::min(text.find(';'), text.size());
    auto user = trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (user.empty()) continue;
    auto principal = parse_principal(user);
    if (!principal) return invalid_value(users_name, user, "must be principals, separated by ';', such as User:alice");
    users.insert(std::move(*principal));
  }
  return users;
}

}  // namespace

Result<AuthorizerSettings> authorizer_settings(const Properties& properties) {
  AuthorizerSettings settings;
  auto authorizer = value_of(properties, class_name);
  if (!authorizer.empty() && authorizer != standard_authorizer)
    return invalid_value(class_name, authorizer, "must be " + std::string(standard_authorizer) + ", or empty for none");
  settings.enabled = !authorizer.empty();
  FULMAR_TRY(settings.super_users, parse_users(value_of(properties, users_name)));
  settings.unguarded_is_allowed = value_of(properties, unguarded_name) == "true";
  return settings;
}

}  // namespace fulmar
