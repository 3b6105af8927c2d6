// ShardCounts: what a shard has done since the process began, for the metrics: plain numbers, which the shard changes
// and a scrape copies.
#pragma once

#include <cstdint>

#include "broker/server/shard/api_counts.h"

namespace fulmar {

struct ShardCounts {
  ApiCounts apis;
  // Batches of clients that were appended here as leader, without duplicates.
  std::int64_t produced_bytes = 0;
  std::int64_t produced_records = 0;
  // In responses to this shard's clients.
  std::int64_t fetched_bytes = 0;
  std::int64_t fetched_records = 0;
  // Of clients.
  std::int64_t connections = 0;  // now
  std::int64_t connections_accepted = 0;
  std::int64_t connections_refused = 0;
  std::int64_t slow_requests = 0;    // that took longer than request.slow.ms
  std::int64_t requests_denied = 0;  // in which something was asked for that the client may not do
  std::int64_t authentications_failed = 0;
  std::int64_t tls_handshakes = 0;  // that succeeded
  std::int64_t tls_handshakes_failed = 0;
  std::int64_t tls_sessions_resumed = 0;
  std::int64_t leaderships_won = 0;
  std::int64_t leaderships_lost = 0;
  // Passes of the log cleaner, and by how many bytes they made logs smaller.
  std::int64_t compactions = 0;
  std::int64_t compactions_failed = 0;
  std::int64_t compacted_away_bytes = 0;
  // What went beyond a client's quota.
  struct Throttled {
    std::int64_t produces = 0;
    std::int64_t fetches = 0;
    std::int64_t requests = 0;     // whose clients' requests took too much time
    std::int64_t mutations = 0;    // requests to make or delete partitions
    std::int64_t connections = 0;  // refused
  };
  Throttled throttled;
  double dirty_ratio_max = 0;  // of the logs that are compacted, as of the cleaner's last look
};

}  // namespace fulmar
