// Inspection of a cluster, for operators: the controllers and how far each has the metadata log, the live brokers,
// where partitions begin and end, and the effective properties of topics.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "broker/client/cluster_client.h"
#include "broker/protocol/messages/quorum.h"
#include "broker/protocol/record_batch.h"

namespace fulmar {

// The metadata group, as its leader sees it. Retried until the client's patience ends.
Answer<DescribeQuorumResponse::Topic::Partition> describe_metadata_quorum(ClusterClient& cluster);

// How many brokers the controller.quorum.voters of that broker names; 0 if it does not answer. Not retried, since the
// broker may be dead.
Answer<std::size_t> configured_controllers(ClusterClient& cluster, std::int32_t broker, Deadline deadline);

// The effective value of one property, by topic; without topics that were deleted meanwhile.
Answer<std::map<std::string, std::string>> topic_property(ClusterClient& cluster,
                                                          const std::vector<std::string>& topics,
                                                          const std::string& property);

// An offset of each partition by its time (earliest_offset, latest_offset, max_timestamp_offset, or one from the Unix
// epoch on in ms: of the first record at or after it, -1 if there is none), each asked of its leader; where that can't
// say, why. One that has no leader is asked for twice, no more.
using OffsetAnswer = Answer<Offset>;
std::map<std::int32_t, OffsetAnswer> offsets_by_partition(Host& host, ClusterClient& cluster, const std::string& topic,
                                                          const std::vector<std::int32_t>& partitions, Timestamp time);

}  // namespace fulmar
