// Features: lets brokers of two releases run side by side. Each broker says which levels of each feature it supports,
// and the metadata says at which level each is finalised. A broker stores or sends what older releases do not know only
// if the finalised level allows it (KIP-584).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"

namespace fulmar {

// The format of the metadata and of messages between brokers. 1: binary metadata records; 2: records of the
// configurations of groups; 3: of access control lists, SCRAM credentials and quotas, and brokers with several
// listeners.
inline constexpr std::string_view metadata_version = "metadata.version";
inline constexpr std::int16_t metadata_with_group_configs = 2;
inline constexpr std::int16_t metadata_with_security = 3;

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

// 0: it is not in use.
std::int16_t level_of(const FeatureLevels& levels, std::string_view name);

// The levels that this release supports; features.cpp has the table.
FeatureRanges supported_features();
// 0 to 0 if `supported` does not have the feature.
FeatureRange range_of(const FeatureRanges& supported, std::string_view name);
// The levels that a new cluster begins with: the highest that its first controller supports.
FeatureLevels newest_levels(const FeatureRanges& supported);
// The levels of a cluster whose metadata has none: a release without features created it.
FeatureLevels first_levels();
// Whether a broker that supports these levels may be in a cluster with those finalised. Errors: unsupported, with the
// levels that it does not support, for people.
Result<void> check_support(const FeatureRanges& supported, const FeatureLevels& finalized);
// The same for levels that later records may raise: levels that are too low are no error.
Result<void> check_support_so_far(const FeatureRanges& supported, const FeatureLevels& finalized);

}  // namespace fulmar
