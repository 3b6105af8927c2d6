// What `explain` found, as reports keep it.
#pragma once

#include "campaign/cone.h"
#include "campaign/nearest_neighbour.h"
#include "campaign/no_return.h"
#include "reports/recording.h"

namespace fulmar {

Explanation reported(const Cone& cone, const std::optional<NearestNeighbour>& nearest, const NoReturn& found);

}  // namespace fulmar
