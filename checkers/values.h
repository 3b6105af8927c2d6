// The values of a life's records: a number, and further bytes computed from it, so that any change is detected.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "checkers/history.h"
#include "runtime/base/bytes.h"

namespace fulmar {

std::string make_value(ValueId id, std::size_t size);
// Parses a value: its number, and whether the other bytes are right.
SeenRecord see_value(Offset offset, std::string_view value);
// A record of a compacted topic; it is a tombstone if it has no value.
KeyedRecord see_keyed(Offset offset, const std::optional<Bytes>& key, const std::optional<Bytes>& value);

}  // namespace fulmar
