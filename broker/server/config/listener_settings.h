// ListenerSettings: where a broker listens, what is told of that, and how each listener is guarded: listeners,
// advertised.listeners and listener.security.protocol.map.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/cluster/properties.h"
#include "broker/security/security_protocol.h"
#include "broker/server/config/listener_tls.h"
#include "runtime/host/network.h"

namespace fulmar {

// Kafka's, by which a listener may have the name of a protocol without being named in the map.
inline constexpr std::string_view default_protocols =
    "PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL";
inline constexpr std::string_view internal_listener = "INTERNAL";

struct ListenerConfig {
  std::string name;  // in upper case, as Kafka keeps it
  SecurityProtocol protocol = SecurityProtocol::plaintext;
  SocketAddress listen;
  SocketAddress advertise;  // what clients (or peers) are told; port 0: the one that it got
  ListenerTls tls = {};     // in force if the protocol uses TLS

  bool operator==(const ListenerConfig&) const = default;
};

struct ListenerSettings {
  static constexpr std::size_t listeners_max = 100;

  std::vector<ListenerConfig> clients;  // in the order given; at least one
  std::optional<ListenerConfig> internal;

  // `properties`: checked ones, as BrokerConfig has them. Errors: invalid_argument, with the property's name.
  static Result<ListenerSettings> from(const Properties& properties);
};

// Whether nobody can connect to it, though one can listen at it: it means every address of the machine.
bool means_any_address(const SocketAddress& address);

}  // namespace fulmar
