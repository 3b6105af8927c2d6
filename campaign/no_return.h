// The moment of no return of a failing life: at moments of the life its random streams are replaced, again and again,
// and each such future is played to its end. Faults that are still to come stay. The share of futures that fail with
// the same signature, over the moments, rises where something made the failure likely, and is 1 once nothing can avert
// it.
//
// The result depends on the plan, the code and the numbers of moments and futures only.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "campaign/failing_share.h"
#include "campaign/signature.h"
#include "campaign/worker.h"

namespace fulmar {

struct NoReturn {
  struct Moment {
    std::uint64_t event = 0;  // the futures part after so many events
    Instant at;
    FailingShare share;
  };
  std::vector<Moment> curve;  // by event
  // Where the share rises most from one moment to the next: the place of the former in `curve`. The last moment is
  // followed by the failure itself, where the share is 1.
  std::size_t steepest = 0;
  Instant failure;               // when the violation is, or the life ends
  std::uint64_t last_event = 0;  // before that
  // What happened between the two moments of the steepest rise, as lines: the account of the life, or all lines of its
  // trace if that has few.
  std::vector<std::string> events;
  int interrupted_by = 0;
};

struct NoReturnOptions {
  int moments = 16;  // at equal distances of time; half as many again where the share rises most
  int futures = 10;  // of each moment
  WorkerLimits limits = {};
};

// `failure`: when the violation is; Instant::max(): the life ends with it. `progress`: called with the number of lives
// that were played.
NoReturn find_no_return(const Scenario& scenario, const Plan& plan, const Signature& signature, Instant failure,
                        const NoReturnOptions& options, const std::function<void(std::uint64_t)>& progress);

// The curve as lines of text, with a bar for each share.
std::string describe(const NoReturn& found);

}  // namespace fulmar
