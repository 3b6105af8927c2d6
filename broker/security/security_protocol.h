// SecurityProtocol: how a listener is guarded, by Kafka's names in listener.security.protocol.map.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace fulmar {

// The numbers are part of the metadata.
enum class SecurityProtocol : std::int8_t { plaintext, ssl, sasl_plaintext, sasl_ssl };

constexpr bool uses_tls(SecurityProtocol protocol) {
  return protocol == SecurityProtocol::ssl || protocol == SecurityProtocol::sasl_ssl;
}
constexpr bool uses_sasl(SecurityProtocol protocol) {
  return protocol == SecurityProtocol::sasl_plaintext || protocol == SecurityProtocol::sasl_ssl;
}

std::string_view to_string(SecurityProtocol protocol);  // "SASL_SSL"
// Upper or lower case; nullopt: there is none of that name.
std::optional<SecurityProtocol> parse_security_protocol(std::string_view name);

}  // namespace fulmar
