// Administrative requests about the partitions of a topic: adding partitions and deleting records.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "broker/client/cluster_client.h"
#include "broker/protocol/record_batch.h"

namespace fulmar {

// Raises the number of partitions to `count`; returns when the new ones have leaders. Errors: among others
// INVALID_PARTITIONS, if the topic has as many already; its message says if an earlier try of this call may have added
// them.
Answer<void> add_partitions(ClusterClient& cluster, const std::string& topic, std::int32_t count);

// Deletes the records before these offsets, by partition (-1: all committed ones), and returns where each partition
// begins then. Errors: that of the first partition that is refused, among others OFFSET_OUT_OF_RANGE; records of the
// other partitions may have been deleted.
Answer<std::map<std::int32_t, Offset>> delete_records(ClusterClient& cluster, const std::string& topic,
                                                      const std::map<std::int32_t, Offset>& before);

}  // namespace fulmar
