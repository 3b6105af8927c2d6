// What an administrator has done to the partitions of a topic: more of them, and fewer records in them.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "broker/client/cluster_client.h"
#include "broker/protocol/record_batch.h"

namespace fulmar {

// Has the topic have `count` partitions; returns once the new ones are led. Errors: among others INVALID_PARTITIONS, if
// it has as many already, which may mean an earlier try of this very call; its words then say.
Answer<void> add_partitions(ClusterClient& cluster, const std::string& topic, std::int32_t count);

// Deletes the records before these offsets, by partition (-1: all that are committed), and says where each partition
// begins then. Errors: that of the first partition that refuses, among others OFFSET_OUT_OF_RANGE; of the others
// records may be gone then.
Answer<std::map<std::int32_t, Offset>> delete_records(ClusterClient& cluster, const std::string& topic,
                                                      const std::map<std::int32_t, Offset>& before);

}  // namespace fulmar
