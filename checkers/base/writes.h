// Writes of values to a log or a set, and what must hold of them in any system: what was acknowledged stays, nothing
// appears that nobody wrote, and everybody sees one order. No two writes may have equal values.
#pragma once

#include <span>
#include <string>
#include <variant>
#include <vector>

#include "checkers/base/operations.h"
#include "checkers/base/violation.h"

namespace fulmar {

using Writes = Operations<std::string, std::monostate>;

// Property `durability`: anomaly `lost-write`, if a write that ended `ok` is not among the values found. Property `no
// phantoms`: `phantom` if a value was found that nobody wrote, `failed-write` if its write failed. One violation of
// each anomaly. `found`: all that the system has in the end, read at `at`.
Violations check_durable(const Writes& writes, std::span<const std::string> found, Instant at);

// A part of a log, as somebody read it.
struct LogRead {
  std::string reader;
  std::size_t position = 0;  // of the first value; the log begins at 0
  std::vector<std::string> values;
  Instant at;
};

// Property `order`, one violation of each anomaly: `two-orders` if two reads have different values at one position,
// `duplicate` if a value is at two positions, `write-inversion` if a write is in front of another that had ended when
// it began.
Violations check_one_order(const Writes& writes, std::span<const LogRead> reads);

}  // namespace fulmar
