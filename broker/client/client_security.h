// ClientSecurity: how a client's connections are guarded, and as whom it authenticates; by the names that Kafka's and
// librdkafka's clients have for that.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "broker/security/sasl/mechanism.h"
#include "broker/security/security_protocol.h"
#include "broker/security/tls/tls_properties.h"
#include "runtime/base/result.h"

namespace fulmar {

struct ClientSecurity {
  using Properties = std::map<std::string, std::string, std::less<>>;

  SecurityProtocol protocol = SecurityProtocol::plaintext;
  // With SASL:
  SaslMechanism mechanism = SaslMechanism::plain;
  std::string user;        // of PLAIN and SCRAM
  std::string password;    // likewise
  std::string token;       // of OAUTHBEARER
  std::string token_file;  // whose content is to become the token; who runs the client reads it
  // With TLS. Who runs the client has it read its files.
  TlsProperties tls = {};

  bool operator==(const ClientSecurity&) const = default;

  // security.protocol, sasl.mechanism (or sasl.mechanisms), sasl.jaas.config or sasl.username and sasl.password,
  // sasl.oauthbearer.token.endpoint.url, and ssl.* as Kafka's clients have it. Errors: invalid_argument, with the
  // property's name, for what is wrong, missing, without an effect or not served.
  static Result<ClientSecurity> from(const Properties& properties);
};

}  // namespace fulmar
