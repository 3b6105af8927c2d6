// The command line of a simulator: lists its scenarios, runs campaigns of seeds, and replays single lives. A program
// with scenarios of its own has this as its main:
//
//   int main(int count, char** values) { return run_command({"my-sim", scenarios}, {values + 1, values + count}); }
#pragma once

#include <string>
#include <vector>

#include "campaign/simulator.h"

namespace fulmar {

// Carries out the arguments; returns the exit code (exit_codes.h). Prints to stdout and stderr.
int run_command(const Simulator& simulator, const std::vector<std::string>& arguments);

}  // namespace fulmar
