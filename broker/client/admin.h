// What an administrator asks a cluster for. Each is tried until it is answered for good or the client's patience ends.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "broker/client/cluster_client.h"
#include "broker/protocol/messages/describe_configs.h"
#include "broker/protocol/messages/topics.h"
#include "broker/protocol/record_batch.h"

namespace fulmar {

// Makes a topic, and returns once each partition has a leader. -1 partitions or replicas: as many as the cluster sees
// fit. Errors: among others TOPIC_ALREADY_EXISTS, which may mean an earlier try of this very call; its words then say.
Answer<MetadataResponse::Topic> create_topic(ClusterClient& cluster, const CreateTopicsRequest::Topic& topic);

// Errors: among others UNKNOWN_TOPIC_OR_PARTITION, of which the same holds.
Answer<void> delete_topic(ClusterClient& cluster, const std::string& name);

// What is set for this topic alone, by name.
Answer<std::map<std::string, std::string>> topic_configs(ClusterClient& cluster, const std::string& name);

// Where partitions begin (earliest_offset) or end (latest_offset), by partition; each is asked of its leader.
Answer<std::map<std::int32_t, Offset>> list_offsets(ClusterClient& cluster, const std::string& topic,
                                                    const std::vector<std::int32_t>& partitions, Timestamp which);

}  // namespace fulmar
