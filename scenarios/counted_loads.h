// The loads of `fulmar-sim counts`.
#pragma once

#include <span>

#include "campaign/counts.h"

namespace fulmar {

std::span<const CountedLoad> counted_loads();

}  // namespace fulmar
