// The lag of consumer groups: how many records are committed in their partitions that they have not committed as read.
// The coordinator knows what was committed, and asks the partitions' leaders, on whatever brokers, where they end.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/base/time.h"

namespace fulmar {

class BrokerShard;

struct GroupLag {
  std::string group;
  std::int64_t sum = 0;  // over the partitions in which the group has committed an offset, in offsets
  std::int64_t max = 0;  // of one of them
  std::int64_t partitions = 0;
  std::int64_t partitions_unknown = 0;  // whose leader has not answered; they are not in the sum
};

// Of those groups that this broker coordinates and that have committed offsets. In a fiber of shard 0; waits for other
// brokers until the deadline.
std::vector<GroupLag> group_lags(BrokerShard& first, const std::vector<std::string>& groups, Deadline deadline);

}  // namespace fulmar
