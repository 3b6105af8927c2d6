#include "checkers/base/violation.h"

#include <cstdint>

namespace fulmar {

std::string to_string(Instant at) {
  if (at == Instant::max()) return "never";
  auto us = std::to_string(at.ns / 1000 % 1'000'000);
  return std::to_string(at.ns / 1'000'000'000) + "." + std::string(6 - us.size(), '0') + us + "s";
}

}  // namespace fulmar
