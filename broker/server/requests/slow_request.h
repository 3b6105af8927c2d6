// Where the time of a client's request went, and the line of the log about a slow one.
#pragma once

#include <cstdint>

#include "runtime/base/time.h"

namespace fulmar {

class BrokerShard;
struct Session;

// The steps of a request on its connection, one after the other.
struct RequestTimes {
  Instant received = {};     // all of it
  Instant begun = {};        // its handler returned: what it waits for now does not delay the next request
  Instant answered = {};     // there is a response
  Instant write_begun = {};  // the responses before it on the connection are written
  // Between `begun` and `answered`, as the client asked: max_wait_ms of Fetch; or for other members.
  Duration asked_wait = Duration(0);

  // What the broker and the client's connection took up to `written`, without that wait.
  Duration own(Instant written) const;
};

struct RequestName {
  std::int16_t api_key = 0;
  std::int16_t version = 0;
  std::int32_t correlation_id = 0;
};

// Logs it if it took longer than request.slow.ms; the lines' rate is limited.
void log_if_slow(BrokerShard& shard, const Session& session, const RequestName& name, const RequestTimes& times,
                 Instant written, std::int64_t request_bytes, std::int64_t response_bytes);

// How long a request of that API waits on purpose, unless its handler says it more exactly: until others have acted.
Duration asked_wait_of(std::int16_t api_key);

}  // namespace fulmar
