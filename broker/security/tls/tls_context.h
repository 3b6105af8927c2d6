// TlsContext: the certificates, trust and rules by which connections of one listener, or of one client, are made.
// Immutable; shards share it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/base/time.h"
#include "runtime/host/host.h"

struct ssl_ctx_st;

namespace fulmar {

enum class ClientAuth : std::uint8_t { none, requested, required };  // ssl.client.auth
enum class TlsEnd : std::uint8_t { client, server };

// The contents of files, not their names.
struct TlsSettings {
  // The own certificate with the intermediate ones, and its key, as PEM; or both in a PKCS#12 store. A client may have
  // none.
  std::string certificate_chain = {};  // ssl.keystore.certificate.chain
  std::string key = {};                // ssl.keystore.key
  std::string key_password = {};       // ssl.key.password
  std::string keystore = {};           // PKCS#12, of ssl.keystore.location; empty: as PEM
  std::string keystore_password = {};  // ssl.keystore.password
  // Whom to trust: PEM certificates, or those of a PKCS#12 store. None: a server trusts no client, and a client those
  // that the system trusts.
  std::string trusted = {};              // ssl.truststore.certificates
  std::string truststore = {};           // PKCS#12, of ssl.truststore.location
  std::string truststore_password = {};  // ssl.truststore.password
  ClientAuth client_auth = ClientAuth::none;
  bool tls_1_2 = true;  // ssl.enabled.protocols
  bool tls_1_3 = true;
  std::vector<std::string> cipher_suites = {};  // ssl.cipher.suites, by their IANA names; none: OpenSSL's
  // Whether the server's name has to be in its certificate (ssl.endpoint.identification.algorithm: https).
  bool check_server_name = true;
  // Whether sessions are resumed. A session's ticket carries the system's time, so a simulated life has to do without.
  bool resumes = true;

  bool operator==(const TlsSettings&) const = default;
};

class TlsContext {
 public:
  static constexpr std::size_t peer_certificates_bytes_max = 64 * 1024;

  // Draws the keys of session tickets from `entropy`. Errors: invalid_argument, which names the property.
  static Result<std::shared_ptr<const TlsContext>> make(const TlsSettings& settings, TlsEnd end, Entropy& entropy);
  // Whether that can be made. Errors: the same.
  static Result<void> check(const TlsSettings& settings, TlsEnd end);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  TlsEnd end() const { return end_; }
  bool checks_server_name() const { return settings_.check_server_name; }
  ssl_ctx_st* handle() const { return handle_; }
  // When the first of the own certificates expires; nullopt: there are none.
  std::optional<Timestamp> expires_ms() const { return expires_ms_; }

 private:
  TlsContext(TlsSettings settings, TlsEnd end);
  Result<void> configure();
  Result<void> set_protocols();
  Result<void> set_cipher_suites();
  Result<void> set_certificate();
  Result<void> set_trust();

  const TlsSettings settings_;
  const TlsEnd end_;
  ssl_ctx_st* handle_;
  std::optional<Timestamp> expires_ms_;
};

// The text of PEM blocks as OpenSSL reads it: their Base64 may be on one line, with blanks or with "\n" in it, as
// properties files have it.
std::string normalized_pem(std::string_view text);

}  // namespace fulmar
