// BrokerObserver: watches a broker from inside: its replicas, and the metadata that it shows.
#pragma once

#include "broker/cluster/metadata_image.h"
#include "broker/replication/replica_observer.h"

namespace fulmar {

class BrokerObserver : public ReplicaObserver {
 public:
  // From now on this broker answers from `image`.
  virtual void shows(const ReplicaId& self, const MetadataImage& image) = 0;
  // Its log was compacted, and so many tombstones were removed because of their age.
  virtual void compacted(const GroupId& group, const ReplicaId& self, std::size_t tombstones_expired) = 0;
};

}  // namespace fulmar
