// Checks updates of the cluster's features: a pure function of the metadata (KIP-584, KIP-778).
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

// The records for all updates, except those that change nothing. Of several updates of a feature the last counts.
// `here`: the levels supported by the controller, broker `self`; the other brokers registered theirs. Errors:
// invalid_argument (INVALID_UPDATE_VERSION), for the first update that is not allowed.
Result<std::vector<FeatureLevelRecord>> plan_feature_updates(const MetadataImage& image, std::int32_t self,
                                                             const FeatureRanges& here,
                                                             const std::vector<FeatureUpdate>& updates);

}  // namespace fulmar
