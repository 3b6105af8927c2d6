// Identity: the owner of a data directory, as in meta.properties in Kafka's format. A directory belongs to one node and
// one cluster for good, and has an id, which identifies its replicas.
#pragma once

#include <cstdint>
#include <string>

#include "broker/protocol/uuid.h"
#include "runtime/base/result.h"
#include "runtime/host/disk.h"
#include "runtime/host/host.h"

namespace fulmar {

class Identity {
 public:
  // Reads the file, or writes a new one if there is none. Errors: invalid_argument: it is another node's; corrupt; as
  // read_file and replace_file.
  static Result<Identity> take(Host& host, std::int32_t node_id);

  const Uuid& directory() const { return directory_; }
  // Empty until the node has joined a cluster.
  const std::string& cluster_id() const { return cluster_id_; }

  // The node is in this cluster: from now on the directory belongs to it. Writes the file the first time. Errors:
  // invalid_argument: it belongs to another cluster, in words for the operator; as replace_file.
  Result<void> join(Disk& disk, const std::string& cluster_id);

 private:
  Identity(std::int32_t node_id, Uuid directory, std::string cluster_id)
      : node_id_(node_id), directory_(directory), cluster_id_(std::move(cluster_id)) {}
  Result<void> write(Disk& disk) const;

  std::int32_t node_id_;
  Uuid directory_;
  std::string cluster_id_;
};

}  // namespace fulmar
