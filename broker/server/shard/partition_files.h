// PartitionFiles: opens the directories of partitions, and checks whose they are: Kafka's file partition.metadata has
// the topic's id, so that the files of an earlier topic of the same name are not taken for this one's.
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

// Used on one shard. Calls for different directories may run at once.
class PartitionFiles {
 public:
  PartitionFiles(Host& host, LogManager& logs, ReplicaManager& replicas)
      : host_(host), logs_(logs), replicas_(replicas), log_(host.log().named("broker")) {}

  // Opens the partition's log; first removes or sets aside files of other topics. `alone`: no other replica has its
  // records; `clean`: it was closed in order. Errors: as LogManager::open; invalid_argument: it is unknown whose
  // records these are, and no other replica could send them again.
  Result<std::shared_ptr<PartitionLog>> open(const std::string& topic, const GroupId& group, const LogConfig& config,
                                             bool alone, bool clean);
  // The topic of a directory, if partition.metadata is intact.
  std::optional<Uuid> topic_of(const std::string& directory) const;

 private:
  Result<void> make_anew(const std::string& directory, const GroupId& group, bool unclaimed);

  Host& host_;
  LogManager& logs_;
  ReplicaManager& replicas_;
  Logger log_;
};

}  // namespace fulmar
