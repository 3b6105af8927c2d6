#include "broker/security/tls/tls_context.h"

#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include <algorithm>
#include <cstring>

#include "broker/security/openssl_handles.h"
#include "broker/security/tls/tls_entropy.h"
#include "runtime/base/assert.h"

namespace fulmar {

namespace {

std::unexpected<Error> refused(std::string_view property, const std::string& why) {
  return fail(Errc::invalid_argument, std::string(property) + ": " + why);
}

int give_password(char* into, int size, int, void* password) {
  const auto& text = *static_cast<const std::string*>(password);
  if (text.size() > static_cast<std::size_t>(size)) return -1;
  std::memcpy(into, text.data(), text.size());
  return static_cast<int>(text.size());
}

CertificateHandle next_certificate(BIO* bio) {
  return CertificateHandle(PEM_read_bio_X509(bio, nullptr, nullptr, nullptr));
}

struct Identity {
  std::vector<CertificateHandle> chain;  // the own certificate first
  KeyHandle key;
};

// A store of JKS begins with this number.
bool is_jks(std::string_view store) {
  return store.starts_with("\xfe\xed\xfe\xed");
}

Result<Identity> read_pkcs12(std::string_view property, const std::string& store, const std::string& password) {
  if (is_jks(store))
    return refused(property,
                   "a store of type JKS, which is not served; convert it: keytool -importkeystore -srckeystore OLD "
                   "-destkeystore NEW -deststoretype PKCS12");
  auto bio = bio_over(store);
  std::unique_ptr<PKCS12, ReleasedBy<PKCS12_free>> box(d2i_PKCS12_bio(bio.get(), nullptr));
  if (!box) return refused(property, "no PKCS#12 store: " + openssl_reason());
  EVP_PKEY* key = nullptr;
  X509* certificate = nullptr;
  STACK_OF(X509)* others = nullptr;
  if (PKCS12_parse(box.get(), password.c_str(), &key, &certificate, &others) != 1)
    return refused(property, "the store can't be opened, most likely with another password: " + openssl_reason());
  Identity identity;
  identity.key.reset(key);
  if (certificate) identity.chain.emplace_back(certificate);
  for (int i = 0; i < sk_X509_num(others); ++i) identity.chain.emplace_back(sk_X509_value(others, i));
  sk_X509_free(others);
  return identity;
}

Result<Identity> read_pem(const TlsSettings& settings) {
  Identity identity;
  auto chain = normalized_pem(settings.certificate_chain);
  auto bio = bio_over(chain);
  while (auto certificate = next_certificate(bio.get())) identity.chain.push_back(std::move(certificate));
  ERR_clear_error();  // the end of the text
  if (identity.chain.empty()) return refused("ssl.keystore.certificate.chain", "there is no PEM certificate in it");
  auto key = normalized_pem(settings.key);
  auto key_bio = bio_over(key);
  auto password = settings.key_password;
  identity.key.reset(PEM_read_bio_PrivateKey(key_bio.get(), nullptr, give_password, &password));
  if (!identity.key)
    return refused("ssl.keystore.key", "there is no PEM key in it that can be read: " + openssl_reason());
  return identity;
}

Timestamp expiry_of(const X509& certificate) {
  constexpr Timestamp day_seconds = 24 * 60 * 60;
  std::unique_ptr<ASN1_TIME, ReleasedBy<ASN1_TIME_free>> epoch(ASN1_TIME_set(nullptr, 0));
  int days = 0;
  int more = 0;
  if (ASN1_TIME_diff(&days, &more, epoch.get(), X509_get0_notAfter(&certificate)) != 1) return 0;
  return (Timestamp{days} * day_seconds + more) * 1000;
}

}  // namespace

std::string normalized_pem(std::string_view text) {
  constexpr std::string_view begin = "-----BEGIN ";
  constexpr std::string_view end = "-----END ";
  constexpr std::string_view dashes = "-----";
  constexpr std::size_t line_length = 64;
  std::string pem;
  for (std::size_t at = text.find(begin); at != std::string_view::npos; at = text.find(begin, at)) {
    auto label_end = text.find(dashes, at + begin.size());
    auto body_end = text.find(end, at);
    if (label_end == std::string_view::npos || body_end == std::string_view::npos || label_end > body_end) break;
    auto footer_end = text.find(dashes, body_end + end.size());
    if (footer_end == std::string_view::npos) break;
    auto body = text.substr(label_end + dashes.size(), body_end - label_end - dashes.size());
    pem += std::string(text.substr(at, label_end + dashes.size() - at)) + "\n";
    bool has_headers = body.find(':') != std::string_view::npos;  // an encrypted key of the older form, with its lines
    if (has_headers) {
      pem += body.substr(std::min(body.find_first_not_of("\r\n"), body.size()));
    } else {
      std::size_t column = 0;
      for (std::size_t i = 0; i < body.size(); ++i) {
        if (body[i] == '\\' && i + 1 < body.size() && (body[i + 1] == 'n' || body[i + 1] == 'r')) {
          ++i;
          continue;
        }
        if (std::strchr(" \t\r\n\\", body[i])) continue;
        pem += body[i];
        if (++column % line_length == 0) pem += '\n';
      }
      if (column % line_length != 0) pem += '\n';
    }
    pem += std::string(text.substr(body_end, footer_end + dashes.size() - body_end)) + "\n";
    at = footer_end + dashes.size();
  }
  return pem;
}

TlsContext::TlsContext(TlsSettings settings, TlsEnd end)
    : settings_(std::move(settings)),
      end_(end),
      handle_(SSL_CTX_new(end == TlsEnd::server ? TLS_server_method() : TLS_client_method())) {
  FULMAR_ASSERT(handle_ != nullptr);
}

TlsContext::~TlsContext() {
  SSL_CTX_free(handle_);
}

Result<std::shared_ptr<const TlsContext>> TlsContext::make(const TlsSettings& settings, TlsEnd end, Entropy& entropy) {
  TlsEntropy drawing(entropy);
  ERR_clear_error();
  std::shared_ptr<TlsContext> context(new TlsContext(settings, end));
  FULMAR_TRY_VOID(context->configure());
  return context;
}

Result<void> TlsContext::check(const TlsSettings& settings, TlsEnd end) {
  ERR_clear_error();
  return TlsContext(settings, end).configure();
}

Result<void> TlsContext::configure() {
  SSL_CTX_set_options(handle_, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(handle_,
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_max_cert_list(handle_, static_cast<long>(peer_certificates_bytes_max));
  // Sessions are resumed by tickets, which the client keeps: no state of a stranger is kept here.
  SSL_CTX_set_session_cache_mode(handle_, SSL_SESS_CACHE_OFF);
  constexpr std::string_view of_clients = "fulmar";
  SSL_CTX_set_session_id_context(handle_, reinterpret_cast<const unsigned char*>(of_clients.data()),
                                 static_cast<unsigned>(of_clients.size()));
  if (!settings_.resumes) {
    SSL_CTX_set_options(handle_, SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(handle_, 0);
  }
  FULMAR_TRY_VOID(set_protocols());
  FULMAR_TRY_VOID(set_cipher_suites());
  FULMAR_TRY_VOID(set_certificate());
  return set_trust();
}

Result<void> TlsContext::set_protocols() {
  if (!settings_.tls_1_2 && !settings_.tls_1_3) return refused("ssl.enabled.protocols", "must name TLSv1.2 or TLSv1.3");
  SSL_CTX_set_min_proto_version(handle_, settings_.tls_1_2 ? TLS1_2_VERSION : TLS1_3_VERSION);
  SSL_CTX_set_max_proto_version(handle_, settings_.tls_1_3 ? TLS1_3_VERSION : TLS1_2_VERSION);
  return {};
}

// IANA's names, as Java has them; OpenSSL wants its own ones for TLS 1.2.
Result<void> TlsContext::set_cipher_suites() {
  if (settings_.cipher_suites.empty()) return {};
  SSL_CTX_set_cipher_list(handle_, "ALL");
  std::string before;
  std::string tls_1_3;
  auto* all = SSL_CTX_get_ciphers(handle_);
  for (const auto& name : settings_.cipher_suites) {
    const SSL_CIPHER* found = nullptr;
    for (int i = 0; i < sk_SSL_CIPHER_num(all) && !found; ++i) {
      const auto* cipher = sk_SSL_CIPHER_value(all, i);
      if (name == SSL_CIPHER_standard_name(cipher)) found = cipher;
    }
    if (!found) return refused("ssl.cipher.suites", "there is no cipher suite " + name);
    auto& list = SSL_CIPHER_get_protocol_id(found) >> 8 == 0x13 ? tls_1_3 : before;
    list += (list.empty() ? "" : ":") + std::string(SSL_CIPHER_get_name(found));
  }
  if (before.empty() && settings_.tls_1_2) SSL_CTX_set_min_proto_version(handle_, TLS1_3_VERSION);
  if (tls_1_3.empty() && settings_.tls_1_3) SSL_CTX_set_max_proto_version(handle_, TLS1_2_VERSION);
  if (!before.empty() && SSL_CTX_set_cipher_list(handle_, before.c_str()) != 1)
    return refused("ssl.cipher.suites", openssl_reason());
  if (!tls_1_3.empty() && SSL_CTX_set_ciphersuites(handle_, tls_1_3.c_str()) != 1)
    return refused("ssl.cipher.suites", openssl_reason());
  return {};
}

Result<void> TlsContext::set_certificate() {
  bool none = settings_.certificate_chain.empty() && settings_.key.empty() && settings_.keystore.empty();
  if (none && end_ == TlsEnd::client) return {};
  if (none)
    return refused("ssl.keystore.location",
                   "a listener with TLS needs a certificate: name a file here, or have it in "
                   "ssl.keystore.certificate.chain and ssl.keystore.key");
  FULMAR_TRY(auto identity, settings_.keystore.empty() ? read_pem(settings_)
                                                       : read_pkcs12("ssl.keystore.location", settings_.keystore,
                                                                     settings_.keystore_password));
  if (identity.chain.empty() || !identity.key)
    return refused("ssl.keystore.location", "there is no certificate with its key in it");
  if (SSL_CTX_use_certificate(handle_, identity.chain.front().get()) != 1)
    return refused("ssl.keystore.certificate.chain", openssl_reason());
  if (SSL_CTX_use_PrivateKey(handle_, identity.key.get()) != 1 || SSL_CTX_check_private_key(handle_) != 1)
    return refused("ssl.keystore.key", "not the certificate's key: " + openssl_reason());
  for (std::size_t i = 0; i < identity.chain.size(); ++i) {
    auto expires = expiry_of(*identity.chain[i]);
    expires_ms_ = std::min(expires_ms_.value_or(expires), expires);
    if (i > 0) SSL_CTX_add1_chain_cert(handle_, identity.chain[i].get());
  }
  return {};
}

Result<void> TlsContext::set_trust() {
  bool none = settings_.trusted.empty() && settings_.truststore.empty();
  if (end_ == TlsEnd::server) {
    if (settings_.client_auth == ClientAuth::none) return {};
    if (none)
      return refused("ssl.truststore.location", "needed where ssl.client.auth asks clients for their certificates");
    bool required = settings_.client_auth == ClientAuth::required;
    SSL_CTX_set_verify(handle_, SSL_VERIFY_PEER | (required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), nullptr);
  } else {
    SSL_CTX_set_verify(handle_, SSL_VERIFY_PEER, nullptr);
    if (none)
      return SSL_CTX_set_default_verify_paths(handle_) == 1
                 ? Result<void>()
                 : refused("ssl.truststore.location", "the system's certificates can't be read");
  }
  auto* store = SSL_CTX_get_cert_store(handle_);
  std::vector<CertificateHandle> trusted;
  if (!settings_.truststore.empty()) {
    FULMAR_TRY(auto opened,
               read_pkcs12("ssl.truststore.location", settings_.truststore, settings_.truststore_password));
    trusted = std::move(opened.chain);
  } else {
    auto pem = normalized_pem(settings_.trusted);
    auto bio = bio_over(pem);
    while (auto certificate = next_certificate(bio.get())) trusted.push_back(std::move(certificate));
    ERR_clear_error();  // the end of the text
  }
  if (trusted.empty()) return refused("ssl.truststore.certificates", "there is no certificate in it");
  for (const auto& certificate : trusted) {
    X509_STORE_add_cert(store, certificate.get());
    if (end_ == TlsEnd::server) SSL_CTX_add_client_CA(handle_, certificate.get());
  }
  ERR_clear_error();  // the same one twice is fine
  return {};
}

}  // namespace fulmar
