// A violation, as reported by any checker. This file knows nothing of what is checked.
#pragma once

#include <compare>
#include <string>
#include <vector>

#include "runtime/base/time.h"

namespace fulmar {

struct Violation {
  std::string property;  // "durability"
  std::string anomaly;   // "lost-write"
  std::string text;      // the operations, in order, for people
  Instant at;            // approximately
  auto operator<=>(const Violation&) const = default;
};

using Violations = std::vector<Violation>;

std::string to_string(Instant at);  // "12.345678s"

}  // namespace fulmar
