// Identity: whose data directory this is, as meta.properties says it in Kafka's format. It belongs to one node and one
// cluster, for good, and has an id of its own, by which others know whose promises it keeps.
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
  // What the disk's file says; a new one, if there is none. Errors: invalid_argument: it is another node's; corrupt; as
  // read_file and replace_file.
  static Result<Identity> take(Host& host, std::int32_t node_id);

  const Uuid& directory() const { return directory_; }
  // Empty until a cluster has been joined.
  const std::string& cluster_id() const { return cluster_id_; }

  // The node finds itself in this cluster: from now on the directory belongs to that. Writes the file the first time.
  // Errors: invalid_argument: it belongs to another one, in words for the operator; as replace_file.
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
