// A client's connection: requests are read one after the other, and answered in the order they came, whatever is ready
// first.
//
// A request is begun in order (so that one producer's batches are appended in order), but what it then waits for (a
// sync, data to fetch) does not hold back the next. Limits: requests under way and their bytes per connection, bytes of
// requests per shard, time without a request, time for the peer to take an answer. Whatever is not a request ends the
// connection with one log line.
#pragma once

#include "runtime/host/network.h"

namespace fulmar {

class BrokerShard;

// Serves until the peer goes, breaks the rules, or idles too long. Runs in a fiber of the shard.
void serve_connection(BrokerShard& shard, Connection& connection);

}  // namespace fulmar
