// The settings that plans have, and what each may be.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace fulmar {

struct SettingRange {
  std::string_view name;
  std::int64_t min;
  std::int64_t max;
  bool of_clusters_only = false;
  // A plan may be without it: it came later than some plans that were kept, or not every seed chooses it.
  bool optional = false;
};

// By name. A value in its range is one that a life can be played with, which need not be a life that seeds choose.
std::span<const SettingRange> setting_ranges();

}  // namespace fulmar
