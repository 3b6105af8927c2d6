// ClusterSample: what a scrape takes from a broker's metadata; more of it from the controller, which alone counts what
// is the whole cluster's, so that sums over brokers are right.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "broker/protocol/record_batch.h"

namespace fulmar {

class BrokerShard;

struct ClusterSample {
  std::string cluster_id;
  Offset metadata_offset = 0;
  bool controller_known = false;
  bool is_fenced = false;  // or not registered
  // On the controller; nullopt elsewhere.
  struct Totals {
    std::int64_t brokers = 0;
    std::int64_t brokers_fenced = 0;
    std::int64_t topics = 0;
    std::int64_t partitions = 0;
    std::int64_t partitions_without_leader = 0;
    std::int64_t reassignments = 0;  // partitions whose replicas are being changed
  };
  std::optional<Totals> totals;
};

// In a fiber of shard 0; yields.
ClusterSample sample_cluster(BrokerShard& first);

}  // namespace fulmar
