#include "broker/server/config/property_values.h"

#include "broker/server/config/broker_config.h"

namespace fulmar {

std::string_view value_of(const Properties& properties, std::string_view name) {
  auto found = properties.find(name);
  return found != properties.end() ? std::string_view(found->second) : find_broker_property(name)->default_value;
}

std::unexpected<Error> invalid_value(std::string_view name, std::string_view value, const std::string& why) {
  return fail(Errc::invalid_argument,
              "Invalid value " + std::string(value) + " for configuration " + std::string(name) + ": " + why);
}

bool is_loopback(std::string_view host) {
  const bool is_v4 = host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string_view::npos;
  return is_v4 || host == "::1" || host == "localhost";
}

}  // namespace fulmar
