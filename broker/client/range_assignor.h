// How the leader of a classic group shares partitions out among consumers: Kafka's "range" assignor. Of each topic,
// members that subscribe to it get neighbouring partitions, in the order of their names, the first ones one more if the
// partitions do not divide. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "broker/client/partition_name.h"

namespace fulmar {

struct RangeSubscriber {
  std::string member_id;
  std::string order;  // by which members are ordered: a static member's instance id, else the member id
  std::vector<std::string> topics;
};

// By member id; members without a share have an empty one. `partition_counts`: of the topics that exist.
std::map<std::string, std::vector<PartitionName>> assign_ranges(
    std::vector<RangeSubscriber> subscribers, const std::map<std::string, std::int32_t>& partition_counts);

}  // namespace fulmar
