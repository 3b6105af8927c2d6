// ShardSample: what a scrape takes from one shard: copies of its counts, and what it finds by looking through its
// partitions and coordinators.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "broker/protocol/record_batch.h"
#include "broker/server/shard/shard_counts.h"
#include "runtime/host/process_usage.h"

namespace fulmar {

class BrokerShard;

// Of the replicas that this broker is to have, and that the shard owns.
struct PartitionTotals {
  std::int64_t replicas = 0;
  std::int64_t led = 0;
  std::int64_t opening = 0;            // their logs are not open yet
  std::int64_t failed = 0;             // their logs can't be used
  std::int64_t under_replicated = 0;   // led here, and a replica is not in sync
  std::int64_t under_min_in_sync = 0;  // led here, and fewer are in sync than min.insync.replicas wants
  std::int64_t lag_max = 0;            // records that a replica of a partition led here does not have, at most
  std::int64_t log_bytes = 0;
  std::int64_t log_segments = 0;
};

// One partition, in a scrape that asks for its topic.
struct TopicPartitionSample {
  std::string topic;
  std::int32_t index = 0;
  bool led = false;
  Offset log_start = 0;
  Offset log_end = 0;
  Offset high_watermark = 0;
  std::int64_t log_bytes = 0;
  std::int64_t in_sync = 0;   // if it is led here
  std::int64_t replicas = 0;  // by the metadata
  // If it is led here: of each other replica by the metadata, the records that it does not have.
  std::map<std::int32_t, std::int64_t> lags;
};

struct ShardSample {
  ShardCounts counts;
  std::optional<DiskUsage> disk;
  std::int64_t fibers = 0;
  std::int64_t request_bytes = 0;    // held for clients' requests
  std::int64_t response_bytes = 0;   // and for responses to them
  std::int64_t waiting_fetches = 0;  // of all shards' clients, for partitions of this shard
  std::int64_t fetch_sessions = 0;
  std::int64_t quota_meters_without_room = 0;
  std::int64_t elections_begun = 0;
  std::int64_t syncs_running = 0;
  std::int64_t syncs_waiting = 0;
  PartitionTotals partitions;
  std::map<std::pair<std::string, std::string>, std::int64_t> groups;  // by type and state; coordinated here
  std::int64_t coordinators_loading = 0;
  std::int64_t open_transactions = 0;
  Timestamp oldest_transaction = -1;  // when the first of them began; -1: there is none
  std::vector<TopicPartitionSample> topics;
};

// In a fiber of the shard; yields. `topics`: those to show the partitions of.
ShardSample sample_shard(BrokerShard& shard, const std::vector<std::string>& topics, const UsageMeters& meters);

}  // namespace fulmar
