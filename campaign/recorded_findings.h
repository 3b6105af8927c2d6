// Keeps in a report how its findings' lives go.
#pragma once

#include "campaign/capsule.h"
#include "campaign/simulator.h"
#include "campaign/worker.h"
#include "reports/store.h"

namespace fulmar {

constexpr std::size_t findings_recorded_max = 20;  // at a time

struct RecordedFindings {
  std::size_t recorded = 0;
  std::size_t left = 0;  // of other builds, too long, or beyond findings_recorded_max
  int interrupted_by = 0;
};

// Plays the shortest life of each finding again, if this build of the program found it and it is not recorded yet, and
// keeps what happens in it. Lives that took too long, or too much memory, are left out. Errors: of the store.
Result<RecordedFindings> record_findings(ReportStore& store, const Simulator& simulator, const WorkerLimits& limits);

// The violation of a life that is to be looked into: that of the capsule's signature, or the first. nullptr: none.
const Violation* violation_of(const PlayFile& file, const PlayedLife& played);

// Records a life that fails, and returns its number in the report: a finding with the same hash, or else it is added,
// as a campaign of its own. `replay`: the command that replays it. nullopt: it was interrupted. Errors: of the
// store.
Result<std::optional<std::int64_t>> record_failing_life(ReportStore& store, const Simulator& simulator,
                                                        const PlayFile& file, const PlayedLife& played,
                                                        const std::string& replay, const WorkerLimits& limits);

}  // namespace fulmar
