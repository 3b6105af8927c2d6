// GroupProgress: a group of either protocol: its members, and for each partition how far the group has come, how many
// records are left for it, and which member reads it.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "broker/client/cluster_client.h"
#include "broker/client/partition_name.h"
#include "broker/protocol/record_batch.h"

namespace fulmar {

// A member and its assignment, if that is in the format of consumers.
struct ReadingMember {
  std::string id, client_id, client_host;
  std::vector<PartitionName> partitions;
};

struct PartitionProgress {
  PartitionName name;
  std::optional<Offset> committed;    // nullopt: nothing is
  std::optional<Offset> end;          // of the partition; nullopt: not known
  std::optional<std::size_t> reader;  // of the members; nullopt: nobody

  // How many records are left; nullopt: not known.
  std::optional<Offset> lag() const;
};

struct GroupProgress {
  std::string id, state, type, protocol_type;
  std::string protocol;  // of a consumer group: the assignor
  std::vector<ReadingMember> members = {};
  std::vector<PartitionProgress> partitions = {};  // that the group has committed an offset for, or that a member reads
  std::set<std::string> errors = {};               // why ends of partitions are not known
};

// Retried until the client's patience ends. Errors: GROUP_ID_NOT_FOUND, also for a group that is "Dead"; and as
// committed_offsets() of group_admin.h.
Answer<GroupProgress> group_progress(Host& host, ClusterClient& cluster, const std::string& group);

}  // namespace fulmar
