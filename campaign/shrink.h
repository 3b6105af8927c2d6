// shrink: makes a failing life simple, as long as it fails with the same signature: fewer and weaker faults, settings
// at their simplest, fewer clients and brokers, an earlier end. At the end each fault that is left is shown to be
// necessary: the life without it is played, and some neighbours of that.
//
// A candidate counts as failing if it or one of a few neighbours (the same plan, other random streams) fails with the
// signature; the neighbour is then what is shrunk further. The result depends on the plan, the code and the number of
// plays only, and not on the number of processes; so it is the same again if it came to its end, or was limited by
// `plays_max`, and not if it was limited by time (nor if candidates took ten times as long as the life itself, and 20
// s: they do not count as failing).
#pragma once

#include <string>
#include <string_view>

#include "campaign/capsule.h"

namespace fulmar {

struct ShrinkOptions {
  std::string_view program;
  std::string out;              // the capsule to write
  double seconds_max = 60;      // afterwards only what is under way is finished, and the faults are judged
  std::uint64_t plays_max = 0;  // 0: no limit
  WorkerLimits limits = {};
};

// Prints progress, and what is left. Exit codes: 0 the capsule is written; 2 the life does not fail, or the capsule
// can't be written (nothing was played); 4 it could not be written in the end; 128 plus the signal: interrupted; what
// was reached until then is written.
int shrink(const PlayFile& file, const ShrinkOptions& options);

}  // namespace fulmar
