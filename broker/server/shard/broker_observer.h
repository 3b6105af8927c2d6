// BrokerObserver: one who watches a whole broker from inside: its replicas, and what it takes for the cluster's
// metadata.
#pragma once

#include "broker/cluster/metadata_image.h"
#include "broker/replication/replica_observer.h"

namespace fulmar {

class BrokerObserver : public ReplicaObserver {
 public:
  // From now on this broker answers from `image`.
  virtual void shows(const ReplicaId& self, const MetadataImage& image) = 0;
};

}  // namespace fulmar
