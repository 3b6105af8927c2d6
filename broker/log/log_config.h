// LogConfig: the configuration of one topic's logs. Names, meanings and defaults are Kafka's, except that
// flush.messages is 1 by default: a record is on stable storage before it is acknowledged, unless a topic chooses the
// page cache.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "runtime/base/time.h"

namespace fulmar {

struct LogConfig {
  std::int64_t segment_bytes = std::int64_t{1} << 30;                // segment.bytes, 14 or more
  std::int64_t segment_ms = std::int64_t{7} * 24 * 3600 * 1000;      // segment.ms
  std::int64_t segment_index_bytes = std::int64_t{10} << 20;         // segment.index.bytes
  std::int32_t index_interval_bytes = 4096;                          // index.interval.bytes
  std::int64_t retention_bytes = -1;                                 // retention.bytes; -1: no limit
  std::int64_t retention_ms = std::int64_t{7} * 24 * 3600 * 1000;    // retention.ms; -1: no limit
  std::int64_t flush_messages = 1;                                   // flush.messages; 1: acknowledged once synced
  std::int64_t flush_ms = std::numeric_limits<std::int64_t>::max();  // flush.ms
  std::int32_t max_message_bytes = 1'048'588;                        // max.message.bytes, of a batch
  bool log_append_time = false;                                      // message.timestamp.type
  std::int64_t timestamp_before_max_ms = std::numeric_limits<std::int64_t>::max();  // message.timestamp.before.max.ms
  std::int64_t timestamp_after_max_ms = 3'600'000;                                  // message.timestamp.after.max.ms
  std::int32_t min_insync_replicas = 1;                                             // min.insync.replicas
  bool deletes = true;                            // cleanup.policy has delete: retention applies
  bool compacts = false;                          // cleanup.policy has compact; see compaction.h
  std::int64_t delete_retention_ms = 86'400'000;  // delete.retention.ms
  std::int64_t min_cleanable_ppm = 500'000;       // min.cleanable.dirty.ratio
  std::int64_t min_compaction_lag_ms = 0;         // min.compaction.lag.ms
  std::int64_t max_compaction_lag_ms = std::numeric_limits<std::int64_t>::max();  // max.compaction.lag.ms

  bool operator==(const LogConfig&) const = default;
  // Whether an append is acknowledged only once it is on stable storage.
  bool acknowledges_synced() const { return flush_messages == 1; }
  // The time after which a segment is closed at the latest. With max.compaction.lag.ms it may be shorter, since records
  // of the active segment are not compacted.
  std::int64_t roll_ms() const { return compacts ? std::min(segment_ms, max_compaction_lag_ms) : segment_ms; }
};

// What all logs of a broker have in common.
struct LogLimits {
  Duration producer_id_expiration = std::chrono::hours(24);     // producer.id.expiration.ms
  Duration checkpoint_interval = seconds(60);                   // log.flush.offset.checkpoint.interval.ms
  Duration retention_check_interval = std::chrono::minutes(5);  // log.retention.check.interval.ms
  int syncs_at_once_max = 64;  // per shard: enough to fill a device's queue without blocking other requests for long

  bool operator==(const LogLimits&) const = default;
};

}  // namespace fulmar
