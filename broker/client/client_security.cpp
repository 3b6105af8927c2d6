#include "broker/client/client_security.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <iterator>
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

// Of TLS, with their defaults.
struct TlsProperty {
  std::string_view name;
  std::string_view default_value = "";
  std::string_view allowed = "";  // with commas between; empty: anything
};
constexpr std::string_view identification = "ssl.endpoint.identification.algorithm";
constexpr TlsProperty served_of_tls[]{
    {"ssl.cipher.suites"},
    {"ssl.enabled.protocols", "TLSv1.2,TLSv1.3"},
    {identification, "https"},
    {"ssl.key.password"},
    {"ssl.keystore.certificate.chain"},
    {"ssl.keystore.key"},
    {"ssl.keystore.location"},
    {"ssl.keystore.password"},
    {"ssl.keystore.type", "JKS", "JKS,PKCS12,PEM"},
    {"ssl.truststore.certificates"},
    {"ssl.truststore.location"},
    {"ssl.truststore.password"},
    {"ssl.truststore.type", "JKS", "JKS,PKCS12,PEM"},
};

const TlsProperty* find_of_tls(std::string_view name) {
  const auto* found = std::ranges::find(served_of_tls, name, &TlsProperty::name);
  return found == std::end(served_of_tls) ? nullptr : found;
}

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

bool is_among(std::string_view value, std::string_view list) {
  for (;;) {
    auto comma = list.find(',');
    if (list.substr(0, comma) == value) return true;
    if (comma == std::string_view::npos) return false;
    list.remove_prefix(comma + 1);
  }
}

// An empty ssl.endpoint.identification.algorithm, as Kafka has it, does without the server's name.
Result<void> read_tls(ClientSecurity& security, const Properties& properties) {
  for (const auto& [name, value] : properties) {
    const auto* property = find_of_tls(name);
    if (property && !property->allowed.empty() && !is_among(value, property->allowed))
      return wrong(name, "must be one of " + std::string(property->allowed) + ", not " + value);
  }
  auto given = [&](std::string_view name) {
    auto found = properties.find(name);
    return found == properties.end() ? std::string(find_of_tls(name)->default_value) : found->second;
  };
  auto algorithm = given(identification);
  std::ranges::transform(algorithm, algorithm.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (algorithm != "https" && !algorithm.empty()) return wrong(identification, "must be https or empty");
  security.tls = TlsProperties::from(given);
  security.tls.settings.check_server_name = algorithm == "https";
  return security.tls.check();
}

}  // namespace

Result<ClientSecurity> ClientSecurity::from(const Properties& properties) {
  for (const auto& [name, value] : properties)
    if (std::ranges::find(served, name) == served.end() && !find_of_tls(name)) return wrong(name, "is not served");
  ClientSecurity security;
  if (auto name = value_of(properties, "security.protocol"); !name.empty()) {
    auto protocol = parse_security_protocol(name);
    if (!protocol) return wrong("security.protocol", "must be PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL, not " + name);
    security.protocol = *protocol;
  }
  for (const auto& [name, value] : properties) {
    if (name.starts_with("ssl.") && !uses_tls(security.protocol))
      return wrong(name, "has no effect unless security.protocol is SSL or SASL_SSL");
    if (name.starts_with("sasl.") && !uses_sasl(security.protocol))
      return wrong(name, "has no effect unless security.protocol is SASL_PLAINTEXT or SASL_SSL");
  }
  if (uses_tls(security.protocol))
    if (auto read = read_tls(security, properties); !read) return std::unexpected(read.error());
  if (!uses_sasl(security.protocol)) return security;
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
