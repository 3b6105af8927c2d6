// What an administrator asks a cluster for. Each is tried until it is answered for good or the client's patience ends.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "broker/client/cluster_client.h"
#include "broker/protocol/messages/describe_configs.h"
#include "broker/protocol/messages/topics.h"
#include "broker/protocol/record_batch.h"

namespace fulmar {

// Makes a topic, and returns once each partition has a leader. -1 partitions or replicas: as many as the cluster sees
// fit. Errors: among others TOPIC_ALREADY_EXISTS, which may mean an earlier try of this very call; its words then say.
Answer<MetadataResponse::Topic> create_topic(ClusterClient& cluster, const CreateTopicsRequest::Topic& topic);

// Returns once each partition of a topic, which may have been made just now, has a leader.
Answer<MetadataResponse::Topic> await_led(ClusterClient& cluster, const std::string& name);

// Errors: among others UNKNOWN_TOPIC_OR_PARTITION, of which the same holds.
Answer<void> delete_topic(ClusterClient& cluster, const std::string& name);

// What is set for this topic alone, by name.
Answer<std::map<std::string, std::string>> topic_configs(ClusterClient& cluster, const std::string& name);

// Where partitions begin (earliest_offset) or end (latest_offset), by partition; each is asked of its leader.
Answer<std::map<std::int32_t, Offset>> list_offsets(ClusterClient& cluster, const std::string& topic,
                                                    const std::vector<std::int32_t>& partitions, Timestamp which);

// A topic's name and a partition's number.
using PartitionName = std::pair<std::string, std::int32_t>;
// "orders:0"
std::string to_string(const PartitionName& partition);

// A partition's replicas and, while they change, those that come and those that go (KIP-455).
struct PartitionReplicas {
  std::vector<std::int32_t> replicas;  // the preferred leader first
  std::vector<std::int32_t> adding = {};
  std::vector<std::int32_t> removing = {};
};

// Has each partition's replicas be these, the preferred leader first; nullopt: those that it had before the change that
// is under way. Returns at once. Errors: those of the first partition that is refused, among others
// INVALID_REPLICA_ASSIGNMENT and NO_REASSIGNMENT_IN_PROGRESS; the others may be under way then.
Answer<void> reassign(ClusterClient& cluster,
                      const std::map<PartitionName, std::optional<std::vector<std::int32_t>>>& wanted);
// All partitions whose replicas change.
Answer<std::map<PartitionName, PartitionReplicas>> reassignments(ClusterClient& cluster);
// The replicas of all partitions, as the controller knows them; of those that change, all that were and will be.
Answer<std::map<PartitionName, std::vector<std::int32_t>>> all_replicas(ClusterClient& cluster);

// Has the preferred leaders of these partitions lead them, and says of each how that went in the end:
// ELECTION_NOT_NEEDED where they do already, PREFERRED_LEADER_NOT_AVAILABLE where they could not within the client's
// patience.
Answer<std::map<PartitionName, ErrorCode>> elect_preferred_leaders(ClusterClient& cluster,
                                                                   const std::set<PartitionName>& partitions);

// Has a broker leave for good; what it has is moved to others first. Returns at once. BROKER_ID_NOT_REGISTERED: there
// is no such broker, or none any more.
Answer<void> unregister_broker(ClusterClient& cluster, std::int32_t broker);

}  // namespace fulmar
