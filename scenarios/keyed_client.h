// Shared by the clients that write to the compacted topic.
#pragma once

#include <cstddef>
#include <vector>

#include "broker/client/cluster_client.h"
#include "broker/protocol/record_builder.h"
#include "runtime/base/random.h"
#include "scenarios/workload.h"

namespace fulmar {

// Returns once the topic exists.
void make_compacted_topic(Host& host, Workload& workload, ClusterClient& brokers);

// A record for a partition, with one of few keys; some are tombstones. The history has its sending, as pending, at
// `index`.
struct KeyedToSend {
  std::size_t index = 0;
  std::int32_t partition = 0;
  std::vector<Record> records;  // the one
};
KeyedToSend next_keyed(Host& host, Workload& workload, Random& random, int producer);

}  // namespace fulmar
