// SaslSettings: how the clients of a listener with SASL authenticate: sasl.*, connections.max.reauth.ms,
// connection.failed.authentication.delay.ms, and the same names after listener.name.NAME. for one listener, and after
// listener.name.NAME.MECHANISM. for one mechanism of it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/cluster/properties.h"
#include "broker/security/sasl/json_web_token.h"
#include "broker/security/sasl/mechanism.h"
#include "broker/security/sasl/plain.h"
#include "broker/server/config/listener_settings.h"
#include "broker/server/config/token_key_source.h"

namespace fulmar {

struct SaslSettings {
  std::vector<SaslMechanism> mechanisms;     // at least one
  PlainUsers plain_users;                    // of PLAIN's login module
  TokenRules token_rules;                    // for OAUTHBEARER
  std::optional<TokenKeySource> token_keys;  // likewise; nullopt: it is not served
  std::int32_t message_bytes_max = 524'288;
  Duration failure_delay = milliseconds(100);
  // How long a client may go on before it has to authenticate again, by mechanism; zero: for ever.
  std::map<SaslMechanism, Duration> session_max;

  bool operator==(const SaslSettings&) const = default;

  // `properties`: checked ones, as BrokerConfig has them; `listener`: its name. Errors: invalid_argument, with the
  // property's name; values that are passwords are not quoted.
  static Result<SaslSettings> from(const Properties& properties, std::string_view listener);
};

// Where the keys for tokens of all listeners come from; nullopt: none has OAUTHBEARER. Errors: as SaslSettings::from,
// and if listeners do not agree on it.
Result<std::optional<TokenKeySource>> token_key_source(const Properties& properties,
                                                       const std::vector<ListenerConfig>& listeners);

// What a property means that is set for one listener or mechanism: the entry of the property that it is derived from.
// Null: `name` is none of these.
const PropertyInfo* find_sasl_listener_property(std::string_view name);

}  // namespace fulmar
