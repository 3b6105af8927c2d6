// Signature: what a violation has in common with others of the same cause, as far as that can be told from its text:
// the property and the anomaly; for a crash also the broken assertion, or the exception, and the functions it was in.
// It has no addresses, lines, seeds or times, so it is the same in every build and survives most changes of the code.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <vector>

#include "checkers/base/violation.h"

namespace fulmar {

struct Signature {
  std::string property;
  std::string anomaly;
  // Of crashes: "assertion failed: CONDITION", "exception TYPE", and the innermost functions of the program itself.
  // Empty for a hang, which is noticed at a random place.
  std::vector<std::string> details = {};

  auto operator<=>(const Signature&) const = default;
};

Signature signature_of(const Violation& violation);
// Of the life: that of its first violation. nullopt if it has none.
std::optional<Signature> signature_of(const Violations& violations);
// The first in time; of several, the first one listed. nullptr if there is none. Violations that are found in the
// history of the whole life have no time, and come last.
const Violation* first_violation(const Violations& violations);
// The life's violation of that signature; nullptr if it has none.
const Violation* find_violation(const Violations& violations, const Signature& signature);

// In one line; different for different signatures.
std::string to_string(const Signature& signature);

}  // namespace fulmar
