// ServedApi: the one table of what is served to clients: who handles a request, who answers it, and what has to be
// known of it before. The versions are in broker/protocol/api_key.h, since clients need them as well.
#pragma once

#include <optional>

#include "broker/server/requests/handlers.h"
#include "broker/server/requests/new_partitions.h"
#include "broker/server/requests/request.h"
#include "runtime/base/time.h"

namespace fulmar {

enum class AnsweredBy {
  any_broker,  // whichever is asked
  controller,  // that alone; the others forward what they are asked
};

struct ServedApi {
  ApiKey key;
  // Errors: corrupt, unsupported: the connection is then closed.
  Result<Finish> (*begin)(BrokerShard& shard, const Request& request);
  AnsweredBy answered_by = AnsweredBy::any_broker;
  // How long the client would wait; null: it does not say. Errors: corrupt.
  Result<Duration> (*timeout)(const Request& request) = nullptr;
  // What its answer has to wait for; null: nothing. See NewPartitions.
  std::optional<NewPartitions> (*new_partitions)(const BrokerShard& shard, const Request& request) = nullptr;
  // Of the controller's: which of them whatever broker is asked answers all the same; null: none.
  bool (*answered_here)(const Request& request) = nullptr;
};

// Null if the key is not served.
const ServedApi* served_api(std::int16_t key);
// Whether a request of that version is answered, as ApiVersions says.
bool is_advertised(const RequestHeader& header);

}  // namespace fulmar
