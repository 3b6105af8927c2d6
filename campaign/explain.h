// explain: what a failing life's cause may be. Plays it, looks for what could have mattered to its violation, plays its
// neighbours without one fault each, and futures that part from it at moments of its course.
#pragma once

#include <functional>
#include <string_view>

#include "campaign/capsule.h"
#include "campaign/no_return.h"
#include "reports/recording.h"

namespace fulmar {

struct ExplainOptions {
  std::string_view program;
  NoReturnOptions no_return = {};
  int lines = 60;  // of the account of what could have mattered
  // Called at the end with the life and what was found, if set. Its result is the exit code, unless that is another.
  std::function<int(const PlayedLife& life, const Explanation& explanation)> found = {};
};

// Prints the violation, its happens-before cone, the nearest neighbour that passes, and the curve of the moment of no
// return. What it prints depends on the plan, the code and the numbers in the options only. Exit codes: 0; 2 the life
// does not fail; 128 plus the signal: interrupted.
int explain(const PlayFile& file, const ExplainOptions& options);

}  // namespace fulmar
