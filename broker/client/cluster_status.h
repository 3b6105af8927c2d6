// ClusterStatus: a cluster as a whole, as far as a client can tell: its brokers, alive or not; its controllers, and how
// far behind the leader each is; and its partitions that are not as they should be.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "broker/client/cluster_client.h"
#include "broker/client/partition_name.h"
#include "broker/protocol/messages/quorum.h"
#include "broker/protocol/record_batch.h"

namespace fulmar {

using PartitionMetadata = MetadataResponse::Topic::Partition;

bool is_under_replicated(const PartitionMetadata& partition);

// The worst that is wrong with a partition.
enum class PartitionTrouble : unsigned char { none, under_replicated, under_min_isr, offline };
// "under-replicated"; empty for none.
const char* to_string(PartitionTrouble trouble);

// How many partitions there are, and how many of them have each trouble; a partition may have several.
struct PartitionCounts {
  std::size_t partitions = 0;
  std::size_t offline = 0;
  std::size_t under_replicated = 0;
  std::size_t under_min_isr = 0;

  // Counts a partition in, and returns the worst of its troubles. `min_in_sync`: min.insync.replicas of its topic;
  // nullopt: not known, or not asked for since all its replicas are in sync.
  PartitionTrouble add(const PartitionMetadata& partition, std::optional<std::size_t> min_in_sync);
};

struct BrokerStatus {
  std::int32_t id = 0;
  std::optional<SocketAddress> address;  // nullopt: it is dead
  std::optional<std::string> rack;
  std::size_t leads = 0;  // partitions
};

struct ControllerStatus {
  std::int32_t id = 0;
  const char* role = "";  // leader, voter, observer
  // What the leader knows of it; nullopt: nothing, or of the leader itself.
  std::optional<Offset> log_end;
  std::optional<Offset> lag;
  std::optional<std::int64_t> heard_ms_ago;
  std::optional<std::int64_t> caught_up_ms_ago;
};

struct TroubledPartition {
  PartitionName name;
  PartitionMetadata state;
  PartitionTrouble trouble = PartitionTrouble::none;
};

// One thing that is wrong with a cluster.
struct Concern {
  const char* code;  // "dead_brokers": for programs
  std::string text;  // "dead brokers: 3"
};

struct ClusterStatus {
  MetadataResponse metadata;
  bool knows_quorum = false;  // without a controller nobody does
  std::size_t voters_missing = 0;
  PartitionCounts counts;
  std::vector<BrokerStatus> brokers;          // by id
  std::vector<ControllerStatus> controllers;  // voters, then observers
  std::vector<TroubledPartition> troubles;    // by name
  std::vector<std::int32_t> brokers_dead;

  // The worst first; empty if nothing is wrong.
  std::vector<Concern> concerns() const;
};

// Errors: no broker of the cluster answers, within the client's patience. Its work is linear in the number of
// partitions, in slices (runtime/fiber/slices.h).
Answer<ClusterStatus> cluster_status(Host& host, ClusterClient& cluster);

// min.insync.replicas of the topics with replicas that are not in sync; the others do not need it.
Answer<std::map<std::string, std::size_t>> min_in_sync(ClusterClient& cluster, const MetadataResponse& metadata);

}  // namespace fulmar
