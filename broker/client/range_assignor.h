// How the leader of a classic group shares partitions out among consumers: Kafka's "range" assignor. Of each topic,
// members that subscribe to it get neighbouring partitions, the first ones one more if the partitions do not divide:
// static members by their instance ids, then the others by their ids. All clients order them so, and a change of leader
// moves nothing. Pure.
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

// By member id; members without a share have an empty one. `partition_counts`: of the topics that exist.
std::map<std::string, std::vector<PartitionName>> assign_ranges(
    std::vector<RangeSubscriber> subscribers, const std::map<std::string, std::int32_t>& partition_counts);

}  // namespace fulmar
