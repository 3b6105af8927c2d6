// The requests that the brokers have answered since they started, by the clients' software. Of Fulmar's brokers only.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "broker/client/cluster_client.h"

namespace fulmar {

struct ClientRequestKind {
  std::string software_name;  // both empty: not named
  std::string software_version;
  std::int16_t api_key = 0;
  std::int16_t api_version = 0;
  auto operator<=>(const ClientRequestKind&) const = default;
};

struct ClientRequests {
  std::map<ClientRequestKind, std::int64_t> by_kind;
  std::map<ClientRequestKind, std::int64_t> others;  // of software that a broker does not list any more; without names
};

// The sums of all live brokers, or of one. Retried until the client's patience ends. Errors: as of connections: one of
// the brokers can't be reached, or is none that has such counts, and ends the connection.
Answer<ClientRequests> client_requests(ClusterClient& cluster, std::optional<std::int32_t> broker);

}  // namespace fulmar
