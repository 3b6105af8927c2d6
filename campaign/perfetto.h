// Perfetto: a life as JSON of the Trace Event Format, which ui.perfetto.dev and chrome://tracing open. Machines are
// processes, shards threads; messages are flows between short slices, what takes time is a slice, and numbers of a
// state, such as a high watermark, are counters.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "campaign/scenario.h"

namespace fulmar {

// Plays the life in a process of its own, and writes it while it is played. If it crashes, what was before is there.
// `violations`: of the life. The stream's state says whether all could be written.
void write_perfetto(std::ostream& out, const Scenario& scenario, const Plan& plan, const Violations& violations,
                    double life_seconds_max);

}  // namespace fulmar
