// Levels: the measurements of a scenario's lives (LifeResult::times), by the kind of each life's first fault.
#pragma once

#include <string_view>

#include "campaign/worker.h"

namespace fulmar {

// Plays the seeds and prints, for each kind of fault and each time measured, the median, the 99th percentile (by
// nearest rank) and the maximum. Exit codes: 0; 1 a violation, or nothing was measured; 128 plus the signal:
// interrupted.
int print_levels(std::string_view program, const Scenario& scenario, std::uint64_t first_seed, std::uint64_t last_seed,
                 int jobs);

}  // namespace fulmar
