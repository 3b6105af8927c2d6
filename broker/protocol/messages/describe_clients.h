// DescribeClients: how many requests of each API and version a broker has answered, by the clients' software. Not
// Kafka's: an API of Fulmar's own, which ApiVersions does not advertise (docs/protocol.md).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "broker/protocol/api_key.h"
#include "broker/protocol/error_code.h"

namespace fulmar {

struct DescribeClientsRequest {
  static constexpr ApiKey key = ApiKey::describe_clients;
};

struct DescribeClientsResponse {
  static constexpr ApiKey key = ApiKey::describe_clients;

  struct Requests {
    std::int16_t api_key = 0;
    std::int16_t api_version = 0;
    std::int64_t count = 0;  // since the broker started
  };
  struct Client {
    std::string software_name;  // KIP-511; empty, as the version then is: clients that did not name it
    std::string software_version;
    std::vector<Requests> requests;  // those there were, by API key and version
  };

  ErrorCode error_code = ErrorCode::none;
  std::vector<Client> clients;   // by name and version; at most ClientCounts::software_max
  std::vector<Requests> others;  // of clients beyond that
};

}  // namespace fulmar
