// MetadataLog: the cluster's metadata as a replicated state machine: records in a log of its own, one consensus group,
// and the image they make. On shard 0.
//
// A change is committed before anybody is told of it. From time to time the image is written down as a snapshot, and
// the log before it goes.
#pragma once

#include <functional>
#include <vector>

#include "broker/cluster/metadata_records.h"
#include "broker/log/log_manager.h"
#include "broker/replication/replica_manager.h"
#include "runtime/fiber/condition.h"
#include "runtime/fiber/mutex.h"

namespace fulmar {

class MetadataLog {
 public:
  static constexpr std::string_view log_name = "__cluster_metadata-0";
  static GroupId group() { return {{0, 1}, 0}; }

  MetadataLog(Host& host, LogManager& logs, ReplicaManager& replicas);
  ~MetadataLog();

  // Finds what there is, or begins a new cluster of this broker alone, and returns once the image is what was
  // committed. Errors: corrupt, io_error, no_space.
  Result<void> open(const ReplicaId& self, bool clean);
  // From now on has every new image published before anybody who waits for it goes on.
  void start(std::function<void(const MetadataImagePtr&)> publish);
  void stop();

  MetadataImagePtr image() const { return image_; }

  // Makes changes, all or none; returns once they are in the image, and that is published. One at a time: hold
  // changing() from reading the image on. An error leaves open whether they will be made. Errors: io_error.
  Result<void> commit(const std::vector<MetadataRecord>& records);
  Mutex& changing() { return changing_; }

 private:
  Result<void> catch_up();
  Result<void> take_snapshot();
  Result<void> load_snapshot();

  Host& host_;
  LogManager& logs_;
  ReplicaManager& replicas_;
  Logger log_;
  std::shared_ptr<Replica> replica_;
  MetadataImagePtr image_;
  Offset snapshot_offset_ = 0;
  Offset published_ = 0;
  std::function<void(const MetadataImagePtr&)> publish_;
  Condition progress_;  // of the replica, or of what is published
  Mutex changing_;
  FiberGroup fibers_;
};

}  // namespace fulmar
