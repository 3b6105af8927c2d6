// Features: what a cluster uses of what its brokers' releases can do, so that brokers of two releases can run side by
// side: each broker says which levels of each feature it supports, and the metadata says at which level each is
// finalised. What is written down, or said to others, in a way that older releases do not know, is written only from
// the level on that says so (KIP-584).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"

namespace fulmar {

// What is in the metadata, and what brokers say to each other. 1: binary records of the metadata.
inline constexpr std::string_view metadata_version = "metadata.version";

// The levels of a feature that a broker supports; 0: the feature is not in use.
struct FeatureRange {
  std::string name;
  std::int16_t min = 0;
  std::int16_t max = 0;

  bool operator==(const FeatureRange&) const = default;
};
using FeatureRanges = std::vector<FeatureRange>;
// The level at which each feature is finalised; without those at 0.
using FeatureLevels = std::map<std::string, std::int16_t>;

// Of this release; features.cpp has the table.
FeatureRanges supported_features();
// 0 to 0 where it does not know the feature.
FeatureRange range_of(const FeatureRanges& supported, std::string_view name);
// Those that a new cluster begins with: the highest that its first controller supports.
FeatureLevels newest_levels(const FeatureRanges& supported);
// Those of a cluster of which no level was written down: a release without features began it.
FeatureLevels first_levels();
// Whether a broker that supports these may be of a cluster where those are finalised. Errors: unsupported, with which
// it is not, for people.
Result<void> check_support(const FeatureRanges& supported, const FeatureLevels& finalized);
// The same for levels that later records may raise: levels that are too low are no error.
Result<void> check_support_so_far(const FeatureRanges& supported, const FeatureLevels& finalized);

}  // namespace fulmar
