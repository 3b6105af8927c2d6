#include "campaign/failing_share.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace fulmar {

namespace {

constexpr double z = 1.959964;  // of the normal distribution, for 95 % on both sides

struct Wilson {
  double center;
  double half;
};

Wilson wilson(const FailingShare& share) {
  auto n = static_cast<double>(share.lives);
  auto p = static_cast<double>(share.failed) / n;
  auto scale = 1 + z * z / n;
  return {(p + z * z / (2 * n)) / scale, z * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / scale};
}

}  // namespace

double FailingShare::low() const {
  if (failed == 0) return 0;
  auto [center, half] = wilson(*this);
  return std::max(0.0, center - half);
}

double FailingShare::high() const {
  if (failed == lives) return 1;
  auto [center, half] = wilson(*this);
  return std::min(1.0, center + half);
}

std::string to_string(const FailingShare& share) {
  char text[160];
  std::snprintf(text, sizeof text, "%llu of %llu (%.3g %%; with 95 %% confidence %.1f %% to %.1f %%)",
                static_cast<unsigned long long>(share.failed), static_cast<unsigned long long>(share.lives),
                share.lives > 0 ? 100 * static_cast<double>(share.failed) / static_cast<double>(share.lives) : 0.0,
                100 * share.low(), 100 * share.high());
  return text;
}

}  // namespace fulmar
