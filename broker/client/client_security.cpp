#include "broker/client/client_security.h"

#include <algorithm>
#include <array>
#include <optional>

#include "broker/security/sasl/jaas.h"

namespace fulmar {

namespace {

using Properties = ClientSecurity::Properties;

constexpr std::string_view file_scheme = "file://";
constexpr std::string_view token_property = "sasl.oauthbearer.token.endpoint.url";
constexpr std::array<std::string_view, 7> served{"security.protocol", "sasl.mechanism", "sasl.mechanisms",
                                                 "sasl.jaas.config",  "sasl.username",  "sasl.password",
                                                 token_property};

std::unexpected<Error> wrong(std::string_view name, const std::string& what) {
  return fail(Errc::invalid_argument, std::string(name) + " " + what);
}

std::string value_of(const Properties& properties, std::string_view name) {
  auto found = properties.find(name);
  return found == properties.end() ? std::string() : found->second;
}

Result<void> read_user(ClientSecurity& security, const Properties& properties) {
  security.user = value_of(properties, "sasl.username");
  security.password = value_of(properties, "sasl.password");
  if (auto jaas = value_of(properties, "sasl.jaas.config"); !jaas.empty()) {
    if (!security.user.empty() || !security.password.empty())
      return wrong("sasl.jaas.config", "says who authenticates, and so do sasl.username and sasl.password");
    auto entry = parse_jaas(jaas);
    if (!entry) return wrong("sasl.jaas.config", "is malformed: " + entry.error().detail);
    security.user = entry->options["username"];
    security.password = entry->options["password"];
  }
  if (security.user.empty() || security.password.empty())
    return wrong("sasl.username", "and sasl.password are needed, or sasl.jaas.config with username and password");
  return {};
}

Result<void> read_token_file(ClientSecurity& security, const Properties& properties) {
  auto url = value_of(properties, token_property);
  if (!url.starts_with("file:///"))
    return wrong(token_property, "is needed, as file:///PATH of the token; tokens are not fetched over HTTP");
  security.token_file = url.substr(file_scheme.size());
  return {};
}

}  // namespace

Result<ClientSecurity> ClientSecurity::from(const Properties& properties) {
  for (const auto& [name, value] : properties)
    if (std::ranges::find(served, name) == served.end()) return wrong(name, "is not served");
  ClientSecurity security;
  if (auto name = value_of(properties, "security.protocol"); !name.empty()) {
    auto protocol = parse_security_protocol(name);
    if (!protocol) return wrong("security.protocol", "must be PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL, not " + name);
    security.protocol = *protocol;
  }
  if (uses_tls(security.protocol)) return wrong("security.protocol", "with TLS is not served yet");
  if (!uses_sasl(security.protocol)) {
    for (const auto& [name, value] : properties)
      if (name.starts_with("sasl.")) return wrong(name, "has no effect unless security.protocol is SASL_PLAINTEXT");
    return security;
  }
  auto name = value_of(properties, "sasl.mechanism");
  if (name.empty()) name = value_of(properties, "sasl.mechanisms");
  auto mechanism = parse_sasl_mechanism(name);
  if (!mechanism)
    return wrong("sasl.mechanism", "must be PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER" +
                                       (name.empty() ? std::string() : ", not " + name));
  security.mechanism = *mechanism;
  auto read = *mechanism == SaslMechanism::oauthbearer ? read_token_file(security, properties)
                                                       : read_user(security, properties);
  if (!read) return std::unexpected(read.error());
  return security;
}

}  // namespace fulmar
