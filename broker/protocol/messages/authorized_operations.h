// KIP-430: the value that says "not asked for".
#pragma once

#include <cstdint>
#include <limits>

namespace fulmar {

inline constexpr std::int32_t authorized_operations_unasked = std::numeric_limits<std::int32_t>::min();

}  // namespace fulmar
