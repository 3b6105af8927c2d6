// Administrative requests to a cluster. Each is retried until it succeeds, fails for good, or the client's patience
// ends.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "broker/client/cluster_client.h"
#include "broker/client/partition_name.h"
#include "broker/protocol/messages/describe_configs.h"
#include "broker/protocol/messages/topics.h"
#include "broker/protocol/record_batch.h"

namespace fulmar {

// Creates a topic, and returns when each partition has a leader. -1 partitions or replicas: the cluster's default.
// Errors: among others TOPIC_ALREADY_EXISTS; its message says if an earlier try of this call may have created it.
Answer<MetadataResponse::Topic> create_topic(ClusterClient& cluster, const CreateTopicsRequest::Topic& topic);

// Returns when each partition of a topic, which may be new, has a leader.
Answer<MetadataResponse::Topic> await_led(ClusterClient& cluster, const std::string& name);

// Errors: among others UNKNOWN_TOPIC_OR_PARTITION; its message says if an earlier try may have deleted the topic.
Answer<void> delete_topic(ClusterClient& cluster, const std::string& name);

// The properties set on this topic, by name.
Answer<std::map<std::string, std::string>> topic_configs(ClusterClient& cluster, const std::string& name);

// The first offset (earliest_offset) or the end (latest_offset) of each partition, as its leader says.
// `committed_only`: the end is the last stable offset, which is before all open transactions.
Answer<std::map<std::int32_t, Offset>> list_offsets(ClusterClient& cluster, const std::string& topic,
                                                    const std::vector<std::int32_t>& partitions, Timestamp which,
                                                    bool committed_only = false);

// A partition's replicas and, while they change, those that are added and removed (KIP-455).
struct PartitionReplicas {
  std::vector<std::int32_t> replicas;  // the preferred leader first
  std::vector<std::int32_t> adding = {};
  std::vector<std::int32_t> removing = {};
};

// Starts to reassign each partition to these replicas, the preferred leader first; nullopt: cancels its reassignment.
// Returns at once. Errors: that of the first partition that is refused, among others INVALID_REPLICA_ASSIGNMENT and
// NO_REASSIGNMENT_IN_PROGRESS; reassignments of the other partitions may have started.
Answer<void> reassign(ClusterClient& cluster,
                      const std::map<PartitionName, std::optional<std::vector<std::int32_t>>>& wanted);
// All partitions that are being reassigned.
Answer<std::map<PartitionName, PartitionReplicas>> reassignments(ClusterClient& cluster);
// The replicas of all partitions, as the controller knows them; during a reassignment, the old and the new ones.
Answer<std::map<PartitionName, std::vector<std::int32_t>>> all_replicas(ClusterClient& cluster);

// Transfers the leadership of these partitions to their preferred leaders. Returns the result for each:
// ELECTION_NOT_NEEDED if that replica leads already, PREFERRED_LEADER_NOT_AVAILABLE if it did not become able to lead
// within the client's patience.
Answer<std::map<PartitionName, ErrorCode>> elect_preferred_leaders(ClusterClient& cluster,
                                                                   const std::set<PartitionName>& partitions);

// Starts to remove a broker for good; its replicas move to other brokers first. Returns at once.
// BROKER_ID_NOT_REGISTERED: there is no such broker, or it has left already.
Answer<void> unregister_broker(ClusterClient& cluster, std::int32_t broker);

}  // namespace fulmar
