// PartitionFiles: what lies in a partition's directory, and whose it is. Kafka's file partition.metadata in it names
// the topic, so that what an earlier topic of that name has left is never taken for this one's.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "broker/cluster/metadata_image.h"
#include "broker/log/log_manager.h"
#include "broker/replication/replica_manager.h"
#include "runtime/host/host.h"
#include "runtime/host/log.h"

namespace fulmar {

// Of one shard. Calls for different directories may be made at once.
class PartitionFiles {
 public:
  PartitionFiles(Host& host, LogManager& logs, ReplicaManager& replicas)
      : host_(host), logs_(logs), replicas_(replicas), log_(host.log().named("broker")) {}

  // Opens the partition's log, and removes or sets aside what others have left in its place. `alone`: nobody else has
  // what is in it; `clean`: it was closed in order. Errors: as LogManager::open; invalid_argument: whose records these
  // are is not known, and nobody could give them again.
  Result<std::shared_ptr<PartitionLog>> open(const std::string& topic, const GroupId& group, const LogConfig& config,
                                             bool alone, bool clean);
  // The topic that a directory says to be of, if anything vouches for that.
  std::optional<Uuid> topic_of(const std::string& directory) const;

 private:
  Result<void> make_anew(const std::string& directory, const GroupId& group, bool unclaimed);

  Host& host_;
  LogManager& logs_;
  ReplicaManager& replicas_;
  Logger log_;
};

}  // namespace fulmar
