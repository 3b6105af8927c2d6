#include "runtime/base/did_you_mean.h"

#include <algorithm>
#include <cstddef>

namespace fulmar {

namespace {

constexpr std::size_t letters_per_slip = 4;  // a shorter name would be near everything
constexpr std::size_t slips_max = 3;
constexpr std::size_t name_size_max = 100;  // longer names are not typos, and the comparison takes quadratic time

// The number of letters to insert, remove, replace or swap with their neighbour (optimal string alignment).
std::size_t slips_between(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before;
  std::vector<std::size_t> above(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) above[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      auto replaced = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before = above;
    above = row;
  }
  return above[b.size()];
}

}  // namespace

std::string did_you_mean(std::string_view name, const std::vector<std::string_view>& names) {
  if (name.size() > name_size_max) return {};
  auto nearest = std::clamp<std::size_t>(name.size() / letters_per_slip, 1, slips_max) + 1;
  std::string_view meant;
  for (auto candidate : names) {
    auto slips = slips_between(name, candidate);
    if (slips >= nearest) continue;
    nearest = slips;
    meant = candidate;
  }
  return meant.empty() ? std::string() : "; did you mean " + std::string(meant) + "?";
}

}  // namespace fulmar
