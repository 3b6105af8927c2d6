// How happenings pass from one process to another of the same build: as bytes in the machine's own order.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sim/happening.h"

namespace fulmar {

std::string encode(const Happening& happening);
// Of exactly one; nullopt: the bytes are not of a happening.
std::optional<Happening> decode_happening(std::string_view bytes);

}  // namespace fulmar
