// SaslSettings: how the clients of a listener with SASL authenticate: sasl.*, connections.max.reauth.ms,
// connection.failed.authentication.delay.ms, and the same names after listener.name.NAME. for one listener, and after
// listener.name.NAME.MECHANISM. for one mechanism of it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "broker/cluster/properties.h"
#include "broker/security/sasl/json_web_token.h"
#include "broker/security/sasl/mechanism.h"
#include "broker/security/sasl/plain.h"

namespace fulmar {

struct SaslSettings {
  std::vector<SaslMechanism> mechanisms;  // at least one
  PlainUsers plain_users;                 // of PLAIN's login module
  TokenRules token_rules;                 // for OAUTHBEARER
  std::int32_t message_bytes_max = 524'288;
  Duration failure_delay = milliseconds(100);
  // How long a client may go on before it has to authenticate again, by mechanism; zero: for ever.
  std::map<SaslMechanism, Duration> session_max;

  bool operator==(const SaslSettings&) const = default;

  // `properties`: checked ones, as BrokerConfig has them; `listener`: its name. Errors: invalid_argument, with the
  // property's name; values that are passwords are not quoted.
  static Result<SaslSettings> from(const Properties& properties, std::string_view listener);
  // The file of sasl.oauthbearer.jwks.endpoint.url; empty: none is set. Errors: invalid_argument.
  static Result<std::string> key_file(const Properties& properties);
};

// What a property means that is set for one listener or mechanism: the entry of the property that it is derived from.
// Null: `name` is none of these.
const PropertyInfo* find_sasl_listener_property(std::string_view name);

}  // namespace fulmar
