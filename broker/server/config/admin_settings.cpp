#include "broker/server/config/admin_settings.h"

#include "broker/server/config/property_values.h"

namespace fulmar {

namespace {

constexpr std::string_view https = "https://";
constexpr std::string_view prefix = "admin.http.";
constexpr std::string_view of_tls = "ssl.";

// As for a listener of that name.
Result<ListenerTls> tls_of_admin(const Properties& properties) {
  const std::string listener = "admin";
  auto named = properties;
  for (const auto& [name, value] : properties)
    if (auto own = admin_tls_property(name)) named["listener.name." + listener + "." + std::string(*own)] = value;
  return ListenerTls::from(named, listener);
}

// Whoever reaches the listener could change the cluster.
Result<bool> wants_changes(const AdminSettings& admin, const Properties& properties) {
  constexpr std::string_view name = "admin.http.console.changes";
  if (value_of(properties, name) != "true") return false;
  if (!admin.console) return invalid_value(name, "true", "needs admin.http.console");
  const bool knows_clients = admin.tls && admin.tls->settings.client_auth == ClientAuth::required;
  if (!knows_clients && !is_loopback(admin.listen->host) && value_of(properties, "admin.http.token.file").empty())
    return invalid_value(
        name, "true",
        "needs admin.http.token.file, or admin.http.ssl.client.auth=required, where admin.http.listener "
        "is not at a loopback address");
  return true;
}

}  // namespace

std::optional<std::string_view> admin_tls_property(std::string_view name) {
  if (!name.starts_with(prefix)) return std::nullopt;
  auto property = name.substr(prefix.size());
  if (!property.starts_with(of_tls)) return std::nullopt;
  return property;
}

Result<AdminSettings> AdminSettings::from(const Properties& properties) {
  AdminSettings admin;
  auto text = [&](std::string_view name) { return value_of(properties, name); };
  auto number = [&](std::string_view name) { return parse_integer(text(name)).value(); };
  if (auto given = text("admin.http.listener"); !given.empty()) {
    auto at = given;
    if (at.starts_with(https)) {
      at.remove_prefix(https.size());
      FULMAR_TRY(admin.tls, tls_of_admin(properties));
      FULMAR_TRY_VOID(admin.tls->check());
    }
    auto address = parse_host_port(at);
    if (!address) return invalid_value("admin.http.listener", given, address.error().detail);
    admin.listen = *address;
  }
  for (const auto& [name, value] : properties) {
    auto of_tls = admin_tls_property(name);
    if (of_tls && !admin.tls) return invalid_value(name, value, "admin.http.listener does not begin with https://");
    if (of_tls && *of_tls == "ssl.principal.mapping.rules")
      return invalid_value(name, value, "nobody has a name at this listener");
  }
  admin.console = text("admin.http.console") == "true";
  if (admin.console && !admin.listen)
    return invalid_value("admin.http.console", "true", "needs admin.http.listener, which serves the console");
  FULMAR_TRY(admin.console_changes, wants_changes(admin, properties));
  admin.connections_max = static_cast<std::size_t>(number("admin.http.max.connections"));
  admin.stall_max = milliseconds(number("admin.http.shard.stall.max.ms"));
  auto topics = text("admin.http.metrics.topics");
  for (auto name : split_list(topics)) admin.topics.emplace_back(name);
  if (admin.topics.size() > topics_max)
    return invalid_value("admin.http.metrics.topics", topics,
                         "must name at most " + std::to_string(topics_max) + " topics");
  return admin;
}

}  // namespace fulmar
