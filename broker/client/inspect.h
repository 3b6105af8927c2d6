// Inspection of a cluster, for operators: the controllers and their metadata log ends, the live brokers, the offsets of
// partitions, and the effective properties of topics.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "broker/client/cluster_client.h"
#include "broker/client/partition_name.h"
#include "broker/protocol/messages/quorum.h"
#include "broker/protocol/record_batch.h"

namespace fulmar {

// The metadata group, as its leader sees it. Retried until the client's patience ends.
Answer<DescribeQuorumResponse::Topic::Partition> describe_metadata_quorum(ClusterClient& cluster);

// How many brokers the controller.quorum.voters of that broker names; 0 if it does not answer. Not retried, since the
// broker may be dead.
Answer<std::size_t> configured_controllers(ClusterClient& cluster, std::int32_t broker, Deadline deadline);

// The partitions whose logs that broker has opened, all or those of one topic, and their sizes in bytes; others that it
// has are still being recovered, or can't be. Not retried. `indexes`: which partitions of the topic.
Answer<std::map<PartitionName, std::int64_t>> opened_partitions(ClusterClient& cluster, std::int32_t broker,
                                                                Deadline deadline);
Answer<std::map<PartitionName, std::int64_t>> opened_partitions(ClusterClient& cluster, std::int32_t broker,
                                                                const std::string& topic,
                                                                const std::vector<std::int32_t>& indexes,
                                                                Deadline deadline);

// The effective value of one property, by topic; without topics that were deleted meanwhile.
Answer<std::map<std::string, std::string>> topic_property(ClusterClient& cluster,
                                                          const std::vector<std::string>& topics,
                                                          const std::string& property);

// The offset of each partition at a time (earliest_offset, latest_offset, max_timestamp_offset, or one in ms since the
// Unix epoch: of the first record at or after it, -1 if there is none), from its leader; else its error. A partition
// without a leader is asked for twice, not longer.
using OffsetAnswer = Answer<Offset>;
std::map<std::int32_t, OffsetAnswer> offsets_by_partition(Host& host, ClusterClient& cluster, const std::string& topic,
                                                          const std::vector<std::int32_t>& partitions, Timestamp time);

// Where the records of each partition that has a leader begin and end, as that says; else its error.
struct TopicOffsets {
  std::map<std::int32_t, OffsetAnswer> begins;
  std::map<std::int32_t, OffsetAnswer> ends;
};
TopicOffsets offsets_of_led(Host& host, ClusterClient& cluster, const MetadataResponse::Topic& topic);

}  // namespace fulmar
