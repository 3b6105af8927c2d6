#include "broker/server/config/admin_settings.h"

#include "broker/server/config/broker_config.h"

namespace fulmar {

namespace {

std::string_view value_of(const Properties& properties, std::string_view name) {
  auto found = properties.find(name);
  return found != properties.end() ? std::string_view(found->second) : find_broker_property(name)->default_value;
}

Error invalid(std::string_view name, std::string_view value, const std::string& why) {
  return {Errc::invalid_argument,
          "Invalid value " + std::string(value) + " for configuration " + std::string(name) + ": " + why};
}

}  // namespace

Result<AdminSettings> AdminSettings::from(const Properties& properties) {
  AdminSettings admin;
  auto text = [&](std::string_view name) { return value_of(properties, name); };
  auto number = [&](std::string_view name) { return parse_integer(text(name)).value(); };
  if (auto at = text("admin.http.listener"); !at.empty()) {
    auto address = parse_host_port(at);
    if (!address) return std::unexpected(invalid("admin.http.listener", at, address.error().detail));
    admin.listen = *address;
  }
  admin.connections_max = static_cast<std::size_t>(number("admin.http.max.connections"));
  admin.stall_max = milliseconds(number("admin.http.shard.stall.max.ms"));
  auto topics = text("admin.http.metrics.topics");
  for (auto name : split_list(topics)) admin.topics.emplace_back(name);
  if (admin.topics.size() > topics_max)
    return std::unexpected(
        invalid("admin.http.metrics.topics", topics, "must name at most " + std::to_string(topics_max) + " topics"));
  return admin;
}

}  // namespace fulmar
