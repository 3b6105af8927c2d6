// Values of a life's records: a number, and as many bytes as wanted that follow from it, so that any change shows.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "checkers/history.h"

namespace fulmar {

std::string make_value(ValueId id, std::size_t size);
// The record as a checker wants it: its number, and whether the rest is what it must be.
SeenRecord see_value(Offset offset, std::string_view value);

}  // namespace fulmar
