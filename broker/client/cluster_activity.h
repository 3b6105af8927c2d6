// What a cluster does: looks at its brokers, logs and groups, and what happened between two looks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "broker/client/cluster_status.h"

namespace fulmar {

struct BrokerLook {
  std::optional<Duration> answered_in;  // how long it took to say how large its logs are; nullopt: it did not
  std::int64_t log_bytes = 0;           // of all its replicas
};

struct GroupLook {
  std::string state;
  std::size_t members = 0;
  std::optional<Offset> lag;  // of all its partitions; nullopt: the end of one is not known
  Offset committed = 0;       // the sum of its committed offsets
};

struct ClusterLook {
  Instant at;
  ClusterStatus status;
  std::map<std::int32_t, BrokerLook> brokers;   // those that are alive
  std::map<PartitionName, std::int64_t> bytes;  // of the leaders' logs
  std::map<PartitionName, Offset> ends;         // of those that have grown since the look before
  std::map<std::string, GroupLook> groups;
  std::size_t groups_in_all = 0;
};

struct LookLimits {
  std::size_t partitions = 100;  // whose ends are asked for: those that have grown most
  std::size_t groups = 50;       // that are looked at, by name; each takes some requests
};

// `before`: the look before this one; null if this is the first. Brokers and groups that do not answer are left out.
// Errors: as cluster_status().
Answer<ClusterLook> look_at_cluster(Host& host, ClusterClient& cluster, const LookLimits& limits,
                                    const ClusterLook* before);

struct BrokerActivity {
  std::int32_t id = 0;
  bool alive = false;
  std::size_t leads = 0;
  std::optional<Duration> answered_in;
  std::int64_t log_bytes = 0;
  double bytes_per_second = 0;  // by which the logs that it leads grow
};

struct PartitionActivity {
  PartitionName name;
  std::int32_t leader = -1;
  double bytes_per_second = 0;
  std::optional<double> records_per_second;  // nullopt: its end was not asked for both times
  std::int64_t bytes = 0;
};

struct GroupActivity {
  std::string name;
  GroupLook now;
  std::optional<double> committed_per_second;  // nullopt: it was not there before
};

struct ClusterActivity {
  std::vector<BrokerActivity> brokers;        // by id
  std::vector<PartitionActivity> partitions;  // those that grow, the one that grows most first
  std::vector<GroupActivity> groups;          // the one with the largest lag first
  double bytes_per_second = 0;                // by which all leaders' logs grow
};

// A log that has become smaller, by retention or compaction, counts as one that does not grow.
ClusterActivity activity_between(const ClusterLook& before, const ClusterLook& now);

}  // namespace fulmar
