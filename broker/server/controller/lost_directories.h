// LostDirectories: a pure planner for replicas on directories that their brokers no longer have. A broker that comes
// back with another directory has lost its data and its votes: the old replica counts as dead for good, and the broker
// gets a new one.
#pragma once

#include <vector>

#include "broker/cluster/metadata_image.h"
#include "broker/cluster/metadata_records.h"

namespace fulmar {

class LostDirectories {
 public:
  // The records that replace such replicas of the image by replicas on the present directories of their brokers. In
  // time proportional to the changes since the last image for which there were none; if a broker's directory has
  // changed, to all partitions.
  std::vector<PartitionRecord> replacements(const MetadataImagePtr& image);

 private:
  MetadataImagePtr in_order_ = std::make_shared<const MetadataImage>();  // the last image for which there were none
};

}  // namespace fulmar
