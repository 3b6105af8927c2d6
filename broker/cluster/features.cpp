#include "broker/cluster/features.h"

#include <algorithm>

namespace fulmar {

namespace {

struct Feature {
  std::string_view name;
  std::int16_t min;
  std::int16_t max;
};

// All features of this release, with their levels. A level is never removed while clusters may be finalised at it.
constexpr Feature features[] = {
    {"group.version", 0, 1},  // 1: consumer groups (KIP-848)
    {metadata_version, 1, metadata_with_security},
    {"transaction.version", 0, 2},  // 2: an epoch for each transaction (KIP-890)
};

Error unsupported(const std::string& name, std::int16_t level, const std::string& what) {
  return {Errc::unsupported,
          "the cluster uses " + name + " " + std::to_string(level) + ", of which this broker's release " + what};
}

Result<void> check(const FeatureRanges& supported, const FeatureLevels& finalized, bool may_rise) {
  for (const auto& [name, level] : finalized) {
    auto range = range_of(supported, name);
    if (range.max == 0) return std::unexpected(unsupported(name, level, "knows nothing"));
    if (level > range.max || (level < range.min && !may_rise))
      return std::unexpected(
          unsupported(name, level, "supports " + std::to_string(range.min) + " to " + std::to_string(range.max)));
  }
  return {};
}

}  // namespace

std::int16_t level_of(const FeatureLevels& levels, std::string_view name) {
  auto found = levels.find(std::string(name));
  return found == levels.end() ? std::int16_t{0} : found->second;
}

FeatureRanges supported_features() {
  FeatureRanges ranges;
  for (const auto& [name, min, max] : features) ranges.push_back({std::string(name), min, max});
  return ranges;
}

FeatureRange range_of(const FeatureRanges& supported, std::string_view name) {
  auto found = std::ranges::find(supported, name, &FeatureRange::name);
  return found == supported.end() ? FeatureRange{std::string(name), 0, 0} : *found;
}

FeatureLevels newest_levels(const FeatureRanges& supported) {
  FeatureLevels levels;
  for (const auto& range : supported)
    if (range.max > 0) levels[range.name] = range.max;
  return levels;
}

FeatureLevels first_levels() {
  return {{std::string(metadata_version), 1}};
}

Result<void> check_support(const FeatureRanges& supported, const FeatureLevels& finalized) {
  return check(supported, finalized, false);
}

Result<void> check_support_so_far(const FeatureRanges& supported, const FeatureLevels& finalized) {
  return check(supported, finalized, true);
}

}  // namespace fulmar
