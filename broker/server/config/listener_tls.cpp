#include "broker/server/config/listener_tls.h"

#include <algorithm>
#include <cctype>

#include "broker/security/tls/principal_mapping.h"
#include "broker/server/config/property_values.h"

namespace fulmar {

namespace {

constexpr std::string_view prefix = "listener.name.";
constexpr std::string_view of_tls = "ssl.";

StoreType store_type_of(std::string_view text) {
  return text == "PEM" ? StoreType::pem : text == "PKCS12" ? StoreType::pkcs12 : StoreType::jks;
}

ClientAuth client_auth_of(std::string_view text) {
  return text == "required" ? ClientAuth::required : text == "requested" ? ClientAuth::requested : ClientAuth::none;
}

Result<void> check_type(StoreType type, const std::string& which, bool named) {
  if (type != StoreType::jks || !named) return {};
  return invalid_value("ssl." + which + ".type", "JKS",
                       "stores of type JKS are not served; have PEM or PKCS12 here, and convert the store: keytool "
                       "-importkeystore -srckeystore OLD -destkeystore NEW -deststoretype PKCS12");
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
  auto text = [&](const std::string& name) {
    auto found = properties.find(own + "." + name);
    return std::string(found != properties.end() ? std::string_view(found->second) : value_of(properties, name));
  };
  ListenerTls tls;
  tls.settings.certificate_chain = text("ssl.keystore.certificate.chain");
  tls.settings.key = text("ssl.keystore.key");
  tls.settings.key_password = text("ssl.key.password");
  tls.settings.keystore_password = text("ssl.keystore.password");
  tls.settings.trusted = text("ssl.truststore.certificates");
  tls.settings.truststore_password = text("ssl.truststore.password");
  tls.settings.client_auth = client_auth_of(text("ssl.client.auth"));
  auto protocols = text("ssl.enabled.protocols");
  auto names = split_list(protocols);
  tls.settings.tls_1_2 = std::ranges::find(names, "TLSv1.2") != names.end();
  tls.settings.tls_1_3 = std::ranges::find(names, "TLSv1.3") != names.end();
  auto suites = text("ssl.cipher.suites");
  for (auto name : split_list(suites)) tls.settings.cipher_suites.emplace_back(name);
  tls.settings.resumes = text("ssl.session.tickets.enable") == "true";
  tls.keystore_type = store_type_of(text("ssl.keystore.type"));
  tls.keystore_file = text("ssl.keystore.location");
  tls.truststore_type = store_type_of(text("ssl.truststore.type"));
  tls.truststore_file = text("ssl.truststore.location");
  tls.mapping_rules = text("ssl.principal.mapping.rules");
  tls.handshake_max = milliseconds(parse_integer(text("ssl.handshake.timeout.ms")).value());
  return tls;
}

Result<void> ListenerTls::check() const {
  bool key_given = !settings.certificate_chain.empty() || !settings.key.empty();
  if (key_given && !keystore_file.empty())
    return invalid_value("ssl.keystore.location", keystore_file,
                         "the certificate is in ssl.keystore.certificate.chain already");
  if (!settings.trusted.empty() && !truststore_file.empty())
    return invalid_value("ssl.truststore.location", truststore_file,
                         "the certificates are in ssl.truststore.certificates already");
  FULMAR_TRY_VOID(check_type(keystore_type, "keystore", !keystore_file.empty()));
  FULMAR_TRY_VOID(check_type(truststore_type, "truststore", !truststore_file.empty()));
  auto mapping = PrincipalMapping::parse(mapping_rules);
  if (!mapping) return invalid_value("ssl.principal.mapping.rules", mapping_rules, mapping.error().detail);
  return {};
}

Result<void> ListenerTls::read_files(const FileReader& read) {
  if (!keystore_file.empty()) {
    FULMAR_TRY(auto content, read(keystore_file));
    if (keystore_type == StoreType::pem) {
      settings.certificate_chain = content;
      settings.key = std::move(content);
    } else {
      settings.keystore = std::move(content);
    }
  }
  if (!truststore_file.empty()) {
    FULMAR_TRY(auto content, read(truststore_file));
    (truststore_type == StoreType::pem ? settings.trusted : settings.truststore) = std::move(content);
  }
  return {};
}

}  // namespace fulmar
