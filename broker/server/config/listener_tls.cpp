#include "broker/server/config/listener_tls.h"

#include <cctype>
#include <utility>

#include "broker/security/tls/principal_mapping.h"
#include "broker/security/tls/tls_properties.h"
#include "broker/server/config/property_values.h"

namespace fulmar {

namespace {

constexpr std::string_view prefix = "listener.name.";
constexpr std::string_view of_tls = "ssl.";

StoreType type_of(TlsProperties::Store store) {
  using enum TlsProperties::Store;
  return store == pem ? StoreType::pem : store == pkcs12 ? StoreType::pkcs12 : StoreType::jks;
}

TlsProperties::Store store_of(StoreType type) {
  using enum TlsProperties::Store;
  return type == StoreType::pem ? pem : type == StoreType::pkcs12 ? pkcs12 : jks;
}

TlsProperties shared_part(const ListenerTls& tls) {
  return {tls.settings, store_of(tls.keystore_type), tls.keystore_file, store_of(tls.truststore_type),
          tls.truststore_file};
}

ClientAuth client_auth_of(std::string_view text) {
  return text == "required" ? ClientAuth::required : text == "requested" ? ClientAuth::requested : ClientAuth::none;
}

}  // namespace

std::optional<ListenerProperty> listener_property(std::string_view name) {
  if (!name.starts_with(prefix)) return std::nullopt;
  auto dot = name.find('.', prefix.size());
  if (dot == std::string_view::npos || dot == prefix.size()) return std::nullopt;
  auto property = name.substr(dot + 1);
  if (!property.starts_with(of_tls)) return std::nullopt;
  return ListenerProperty{name.substr(prefix.size(), dot - prefix.size()), property};
}

Result<ListenerTls> ListenerTls::from(const Properties& properties, std::string_view listener) {
  std::string own(prefix);
  for (unsigned char c : listener) own += static_cast<char>(std::tolower(c));
  auto text = [&](std::string_view name) {
    auto found = properties.find(own + "." + std::string(name));
    return std::string(found != properties.end() ? std::string_view(found->second) : value_of(properties, name));
  };
  auto shared = TlsProperties::from(text);
  ListenerTls tls;
  tls.settings = std::move(shared.settings);
  tls.settings.client_auth = client_auth_of(text("ssl.client.auth"));
  tls.settings.resumes = text("ssl.session.tickets.enable") == "true";
  tls.keystore_type = type_of(shared.keystore_type);
  tls.keystore_file = std::move(shared.keystore_file);
  tls.truststore_type = type_of(shared.truststore_type);
  tls.truststore_file = std::move(shared.truststore_file);
  tls.mapping_rules = text("ssl.principal.mapping.rules");
  tls.handshake_max = milliseconds(parse_integer(text("ssl.handshake.timeout.ms")).value());
  return tls;
}

Result<void> ListenerTls::check() const {
  FULMAR_TRY_VOID(shared_part(*this).check());
  auto mapping = PrincipalMapping::parse(mapping_rules);
  if (!mapping) return invalid_value("ssl.principal.mapping.rules", mapping_rules, mapping.error().detail);
  return {};
}

Result<void> ListenerTls::read_files(const FileReader& read) {
  auto shared = shared_part(*this);
  FULMAR_TRY_VOID(shared.read_files(read));
  settings = std::move(shared.settings);
  return {};
}

}  // namespace fulmar
