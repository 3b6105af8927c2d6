#include "broker/server/config/admin_settings.h"

#include "broker/server/config/property_values.h"

namespace fulmar {

Result<AdminSettings> AdminSettings::from(const Properties& properties) {
  AdminSettings admin;
  auto text = [&](std::string_view name) { return value_of(properties, name); };
  auto number = [&](std::string_view name) { return parse_integer(text(name)).value(); };
  if (auto at = text("admin.http.listener"); !at.empty()) {
    auto address = parse_host_port(at);
    if (!address) return invalid_value("admin.http.listener", at, address.error().detail);
    admin.listen = *address;
  }
  admin.console = text("admin.http.console") == "true";
  if (admin.console && !admin.listen)
    return invalid_value("admin.http.console", "true", "needs admin.http.listener, which serves the console");
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
