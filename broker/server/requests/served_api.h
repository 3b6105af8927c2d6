// ServedApi: the table of APIs that are served to clients: each one's handler, which broker answers it, and what is
// needed before the handler is called. Versions are in broker/protocol/api_key.h, since clients need them as well.
#pragma once

#include <optional>

#include "broker/server/requests/api_permission.h"
#include "broker/server/requests/handlers.h"
#include "broker/server/requests/new_partitions.h"
#include "broker/server/requests/request.h"
#include "runtime/base/time.h"

namespace fulmar {

enum class AnsweredBy {
  any_broker,  // the one that receives it
  controller,  // only that; the others forward the request
};

struct ServedApi {
  ApiKey key;
  ApiPermission permission;
  // Errors: corrupt, unsupported: the connection is then closed.
  Result<Finish> (*handle)(BrokerShard& shard, const Request& request);
  AnsweredBy answered_by = AnsweredBy::any_broker;
  // The client's timeout; null: the request has none. Errors: corrupt.
  Result<Duration> (*timeout)(const Request& request) = nullptr;
  // What its response has to wait for; null: nothing. See NewPartitions.
  std::optional<NewPartitions> (*new_partitions)(const BrokerShard& shard, const Request& request) = nullptr;
  // For APIs of the controller: whether the broker that receives this request answers it itself; null: never.
  bool (*answered_here)(const Request& request) = nullptr;

  // The handler's answer, or the refusal of a client that may not send the request. Errors: as `handle`.
  Result<Finish> begin(BrokerShard& shard, const Request& request) const;
};

// Null if the key is not served.
const ServedApi* served_api(std::int16_t key);
// Whether that version has a handler: all versions that ApiVersions advertises, and those of Fulmar's own APIs.
bool is_handled(const RequestHeader& header);

}  // namespace fulmar
