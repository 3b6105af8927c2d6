// TlsProperties: the ssl.* properties that brokers and clients have in common, with Kafka's names and meaning: which
// certificates there are, whom to trust, and how to encrypt.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "broker/security/tls/tls_context.h"

namespace fulmar {

struct TlsProperties {
  enum class Store : std::uint8_t { jks, pkcs12, pem };
  // The content of a file. Errors: for people, with its name.
  using Reader = std::function<Result<std::string>(const std::string& path)>;
  static constexpr std::size_t store_bytes_max = 1 << 20;  // of a file

  TlsSettings settings;  // without what files have, until read_files()
  Store keystore_type = Store::jks;
  std::string keystore_file;  // ssl.keystore.location; empty: none
  Store truststore_type = Store::jks;
  std::string truststore_file;  // ssl.truststore.location; empty: none

  bool operator==(const TlsProperties&) const = default;

  // `value_of`: of each property, or its default. Values must be allowed ones.
  static TlsProperties from(const std::function<std::string(std::string_view name)>& value_of);
  // Whether they fit together. Errors: invalid_argument, with the property's name.
  Result<void> check() const;
  // Takes the contents of the files, if any are named. Errors: as `read`.
  Result<void> read_files(const Reader& read);
};

}  // namespace fulmar
