#include "broker/security/tls/tls_properties.h"

#include <algorithm>
#include <utility>

namespace fulmar {

namespace {

using Store = TlsProperties::Store;

Store store_type_of(std::string_view text) {
  return text == "PEM" ? Store::pem : text == "PKCS12" ? Store::pkcs12 : Store::jks;
}

// Separated by commas, with blanks around; empty ones do not count.
std::vector<std::string> names_in(std::string_view list) {
  std::vector<std::string> names;
  while (!list.empty()) {
    auto part = list.substr(0, list.find(','));
    list.remove_prefix(std::min(part.size() + 1, list.size()));
    auto first = part.find_first_not_of(" \t");
    if (first != std::string_view::npos)
      names.emplace_back(part.substr(first, part.find_last_not_of(" \t") - first + 1));
  }
  return names;
}

std::unexpected<Error> refused(const std::string& name, const std::string& value, const std::string& why) {
  return fail(Errc::invalid_argument, "Invalid value " + value + " for configuration " + name + ": " + why);
}

Result<void> check_type(Store type, const std::string& which, bool named) {
  if (type != Store::jks || !named) return {};
  return refused("ssl." + which + ".type", "JKS",
                 "stores of type JKS are not served; have PEM or PKCS12 here, and convert the store: keytool "
                 "-importkeystore -srckeystore OLD -destkeystore NEW -deststoretype PKCS12");
}

}  // namespace

TlsProperties TlsProperties::from(const std::function<std::string(std::string_view name)>& value_of) {
  TlsProperties tls;
  tls.settings.certificate_chain = value_of("ssl.keystore.certificate.chain");
  tls.settings.key = value_of("ssl.keystore.key");
  tls.settings.key_password = value_of("ssl.key.password");
  tls.settings.keystore_password = value_of("ssl.keystore.password");
  tls.settings.trusted = value_of("ssl.truststore.certificates");
  tls.settings.truststore_password = value_of("ssl.truststore.password");
  auto protocols = names_in(value_of("ssl.enabled.protocols"));
  tls.settings.tls_1_2 = std::ranges::find(protocols, "TLSv1.2") != protocols.end();
  tls.settings.tls_1_3 = std::ranges::find(protocols, "TLSv1.3") != protocols.end();
  tls.settings.cipher_suites = names_in(value_of("ssl.cipher.suites"));
  tls.keystore_type = store_type_of(value_of("ssl.keystore.type"));
  tls.keystore_file = value_of("ssl.keystore.location");
  tls.truststore_type = store_type_of(value_of("ssl.truststore.type"));
  tls.truststore_file = value_of("ssl.truststore.location");
  return tls;
}

Result<void> TlsProperties::check() const {
  bool key_given = !settings.certificate_chain.empty() || !settings.key.empty();
  if (key_given && !keystore_file.empty())
    return refused("ssl.keystore.location", keystore_file,
                   "the certificate is in ssl.keystore.certificate.chain already");
  if (!settings.trusted.empty() && !truststore_file.empty())
    return refused("ssl.truststore.location", truststore_file,
                   "the certificates are in ssl.truststore.certificates already");
  FULMAR_TRY_VOID(check_type(keystore_type, "keystore", !keystore_file.empty()));
  return check_type(truststore_type, "truststore", !truststore_file.empty());
}

Result<void> TlsProperties::read_files(const Reader& read) {
  if (!keystore_file.empty()) {
    FULMAR_TRY(auto content, read(keystore_file));
    if (keystore_type == Store::pem) {
      settings.certificate_chain = content;
      settings.key = std::move(content);
    } else {
      settings.keystore = std::move(content);
    }
  }
  if (!truststore_file.empty()) {
    FULMAR_TRY(auto content, read(truststore_file));
    (truststore_type == Store::pem ? settings.trusted : settings.truststore) = std::move(content);
  }
  return {};
}

}  // namespace fulmar
