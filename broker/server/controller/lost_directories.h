// Replicas on directories that are no more: a pure planner. A broker that comes back with another directory has lost
// what it had, and its promises with it: what was there counts as dead for good, and the broker gets it anew.
#pragma once

#include <vector>

#include "broker/cluster/metadata_image.h"
#include "broker/cluster/metadata_records.h"

namespace fulmar {

class LostDirectories {
 public:
  // The changes by which each partition of that image, where it is to have replicas on directories that their brokers
  // do not have now, is to have them on those that they have. In time proportional to what has changed since the image
  // for which there were none the last time; but if a broker's directory has, to all partitions.
  std::vector<PartitionRecord> replacements(const MetadataImagePtr& image);

 private:
  MetadataImagePtr in_order_ = std::make_shared<const MetadataImage>();  // for which there were none
};

}  // namespace fulmar
