// Which updates of the cluster's features may be made: pure, from what the metadata says (KIP-584, KIP-778).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "broker/cluster/metadata_records.h"
#include "runtime/base/result.h"

namespace fulmar {

enum class UpdateType : std::int8_t { unknown = 0, upgrade = 1, safe_downgrade = 2, unsafe_downgrade = 3 };

struct FeatureUpdate {
  std::string feature;
  std::int16_t level = 0;
  UpdateType type = UpdateType::upgrade;
};

// The records that make all updates; none for those that change nothing. Of several updates of a feature the last one
// counts. `here`: what the controller supports, which is broker `self`; the other brokers have registered what they do.
// Errors: invalid_argument, which Kafka calls INVALID_UPDATE_VERSION, with the first update that may not be made.
Result<std::vector<FeatureLevelRecord>> plan_feature_updates(const MetadataImage& image, std::int32_t self,
                                                             const FeatureRanges& here,
                                                             const std::vector<FeatureUpdate>& updates);

}  // namespace fulmar
