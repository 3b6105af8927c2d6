// ListenerTls: the ssl.* properties of one listener, with Kafka's names and meaning. listener.name.NAME.ssl.* (the name
// in lower case) overrides ssl.* for that listener.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "broker/cluster/properties.h"
#include "broker/security/tls/tls_context.h"

namespace fulmar {

enum class StoreType : std::uint8_t { jks, pkcs12, pem };

// The content of a file. Errors: for people, with its name.
using FileReader = std::function<Result<std::string>(const std::string& path)>;

struct ListenerTls {
  TlsSettings settings;  // without what files have, until read_files()
  StoreType keystore_type = StoreType::jks;
  std::string keystore_file;  // ssl.keystore.location; empty: none
  StoreType truststore_type = StoreType::jks;
  std::string truststore_file;            // ssl.truststore.location; empty: none
  std::string mapping_rules = "DEFAULT";  // ssl.principal.mapping.rules
  Duration handshake_max = seconds(10);   // ssl.handshake.timeout.ms

  bool operator==(const ListenerTls&) const = default;

  // `properties`: checked ones, as BrokerConfig has them. Errors: invalid_argument, with the property's name.
  static Result<ListenerTls> from(const Properties& properties, std::string_view listener);
  // Of a listener that uses TLS: whether they fit together. Errors: invalid_argument, likewise.
  Result<void> check() const;
  // Takes the contents of the files, if any are named. Errors: as `read`.
  Result<void> read_files(const FileReader& read);
};

// A property that a listener may have of its own, listener.name.NAME.PROPERTY, in its parts; nullopt: it is none.
struct ListenerProperty {
  std::string_view listener;  // in lower case
  std::string_view property;
};
std::optional<ListenerProperty> listener_property(std::string_view name);

}  // namespace fulmar
