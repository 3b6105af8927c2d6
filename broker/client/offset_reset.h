// Where a group without members is to go on: the offsets that a reset would commit.
#pragma once

#include <optional>
#include <set>
#include <string_view>

#include "broker/client/cluster_client.h"
#include "broker/client/group_admin.h"
#include "broker/client/partition_name.h"
#include "broker/protocol/record_batch.h"

namespace fulmar {

// A time, or an offset.
struct ResetTarget {
  Timestamp time;  // earliest_offset and latest_offset among them
  std::optional<Offset> offset;

  // "earliest", "latest", "time:MS" (ms since 1970) or an offset; nullopt: it is none of these.
  static std::optional<ResetTarget> parse(std::string_view text);
};

// For each of the partitions. An offset is limited to the partition's range, and a time after all records means the
// end, as in Kafka's own tool. Errors: as list_offsets() of admin.h.
Answer<GroupOffsets> reset_offsets(ClusterClient& cluster, const std::set<PartitionName>& partitions,
                                   const ResetTarget& target);

}  // namespace fulmar
