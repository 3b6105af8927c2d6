// How the leader of a classic group assigns partitions to consumers: Kafka's "range" assignor. Members that subscribe
// to a topic get consecutive partitions of it; if the partitions do not divide evenly, the first members get one more.
// Members are ordered by instance id, static ones first, then by member id, as in all clients, so that a change of
// leader moves nothing. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "broker/client/partition_name.h"

namespace fulmar {

struct RangeSubscriber {
  std::string member_id;
  std::optional<std::string> instance_id;  // of a static member
  std::vector<std::string> topics;
};

// By member id; members without partitions have an empty list. `partition_counts`: of the topics that exist.
std::map<std::string, std::vector<PartitionName>> assign_ranges(
    std::vector<RangeSubscriber> subscribers, const std::map<std::string, std::int32_t>& partition_counts);

}  // namespace fulmar
