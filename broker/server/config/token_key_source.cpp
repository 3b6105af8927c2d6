#include "broker/server/config/token_key_source.h"

#include <algorithm>
#include <utility>

#include "broker/server/config/broker_config.h"
#include "broker/server/config/property_values.h"

namespace fulmar {

namespace {

constexpr std::string_view url_property = "sasl.oauthbearer.jwks.endpoint.url";
constexpr std::string_view backoff_property = "sasl.oauthbearer.jwks.endpoint.retry.backoff.ms";
constexpr std::string_view backoff_max_property = "sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms";
constexpr std::string_view file_scheme = "file://";
constexpr std::string_view of_tls = "ssl.";

constexpr std::string_view tls_options[] = {"ssl.cipher.suites",
                                            "ssl.enabled.protocols",
                                            "ssl.key.password",
                                            "ssl.keystore.certificate.chain",
                                            "ssl.keystore.key",
                                            "ssl.keystore.location",
                                            "ssl.keystore.password",
                                            "ssl.keystore.type",
                                            "ssl.truststore.certificates",
                                            "ssl.truststore.location",
                                            "ssl.truststore.password",
                                            "ssl.truststore.type"};

// Who writes a password into the URL does not find it in a log.
Result<void> read_url(TokenKeySource& source, std::string_view text) {
  auto wrong = [](const std::string& why) {
    return fail(Errc::invalid_argument, "Invalid value for configuration " + std::string(url_property) + ": " + why);
  };
  if (text.empty()) return wrong("OAUTHBEARER needs keys (JWKS): https://HOST/PATH, or file:///PATH");
  if (text.starts_with(file_scheme)) {
    source.file = text.substr(file_scheme.size());
    if (source.file.size() > 1 && source.file.front() == '/') return {};
    return wrong("a file is named as file:///PATH");
  }
  auto url = HttpUrl::parse(text);
  if (!url) return wrong("must be https://, http:// or file:/// with a path: " + url.error().detail);
  source.url = std::move(*url);
  return {};
}

Result<TlsProperties> read_tls(const std::map<std::string, std::string>& options) {
  Properties checked;
  for (const auto& [name, value] : options) {
    if (!name.starts_with(of_tls)) continue;
    if (std::ranges::find(tls_options, name) == std::end(tls_options))
      return fail(Errc::invalid_argument, "The option " + name + " of OAUTHBEARER's login module is not served");
    auto kept = checked_value(*find_broker_property(name), value);
    if (!kept) return fail(Errc::invalid_argument, "OAUTHBEARER's login module: " + kept.error().detail);
    checked.emplace(name, std::move(*kept));
  }
  auto tls = TlsProperties::from([&](std::string_view name) {
    auto set = checked.find(name);
    return set != checked.end() ? set->second : std::string(find_broker_property(name)->default_value);
  });
  auto fits = tls.check();
  if (!fits) return fail(Errc::invalid_argument, "OAUTHBEARER's login module: " + fits.error().detail);
  return tls;
}

}  // namespace

Result<TokenKeySource> TokenKeySource::from(const Properties& properties,
                                            const std::map<std::string, std::string>& options) {
  auto duration = [&](std::string_view name) {
    return Duration(milliseconds(parse_integer(value_of(properties, name)).value()));
  };
  TokenKeySource source;
  FULMAR_TRY_VOID(read_url(source, value_of(properties, url_property)));
  FULMAR_TRY(source.tls, read_tls(options));
  auto of_tls_given = std::ranges::find_if(options, [](const auto& one) { return one.first.starts_with(of_tls); });
  if (of_tls_given != options.end() && !source.url.secure)
    return fail(Errc::invalid_argument, "The option " + of_tls_given->first +
                                            " of OAUTHBEARER's login module has no effect unless " +
                                            std::string(url_property) + " begins with https");
  source.refresh = duration("sasl.oauthbearer.jwks.endpoint.refresh.ms");
  source.retry_backoff = duration(backoff_property);
  source.retry_backoff_max = duration(backoff_max_property);
  if (source.retry_backoff_max < source.retry_backoff)
    return invalid_value(backoff_max_property, value_of(properties, backoff_max_property),
                         "must be at least " + std::string(backoff_property));
  return source;
}

std::string to_string(const TokenKeySource& source) {
  return source.file.empty() ? to_string(source.url) : source.file;
}

}  // namespace fulmar
