// BrokerObserver: watches a broker from inside: its replicas, the metadata that it shows, and its coordinators.
#pragma once

#include "broker/cluster/metadata_image.h"
#include "broker/coordinator/coordinator_partition.h"
#include "broker/replication/replica_observer.h"

namespace fulmar {

class BrokerObserver : public ReplicaObserver {
 public:
  // From now on this broker answers from `image`.
  virtual void shows(const ReplicaId& self, const MetadataImage& image) = 0;
  // Its log was compacted, and so many tombstones were removed because of their age.
  virtual void compacted(const GroupId& group, const ReplicaId& self, std::size_t tombstones_expired) = 0;
  // It coordinates the groups or transactional ids of this partition as the leader of that epoch, and has loaded them;
  // these are under way now. Called after each input, changed or not.
  virtual void coordinates(const GroupId& partition, const ReplicaId& self, Epoch epoch, const AllUnderWay& all) = 0;
};

// For the coordinators of a broker's partition; null without an observer.
inline CoordinatorPartition::Watch watch_of(BrokerObserver* observer, const ReplicaId& self, const GroupId& partition) {
  if (!observer) return nullptr;
  return [=](Epoch epoch, const CoordinatorCore& core) {
    observer->coordinates(partition, self, epoch, core.under_way());
  };
}

}  // namespace fulmar
