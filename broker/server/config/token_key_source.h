// TokenKeySource: where the keys come from that tokens of OAUTHBEARER are checked with:
// sasl.oauthbearer.jwks.endpoint.*. How to trust a server that has them is said, as in Kafka, by options ssl.* of the
// mechanism's login module.
#pragma once

#include <map>
#include <string>

#include "broker/cluster/properties.h"
#include "broker/security/tls/tls_properties.h"
#include "runtime/base/time.h"
#include "runtime/http/url.h"

namespace fulmar {

struct TokenKeySource {
  std::string file;        // of file:///PATH; empty: they are fetched
  HttpUrl url;             // from where they are
  TlsProperties tls = {};  // of the connection to a secure URL
  Duration refresh = seconds(3600);
  Duration retry_backoff = milliseconds(100);  // after the first failure; doubled after each further one, up to
  Duration retry_backoff_max = seconds(10);

  bool operator==(const TokenKeySource&) const = default;

  // `properties`: checked ones, as BrokerConfig has them. Errors: invalid_argument, with the property's or option's
  // name.
  static Result<TokenKeySource> from(const Properties& properties, const std::map<std::string, std::string>& options);
};

// The file, or the URL.
std::string to_string(const TokenKeySource& source);

}  // namespace fulmar
