// The command line of a simulator: lists its scenarios, runs campaigns of seeds, and replays single lives. A program
// with scenarios of its own has this as its main:
//
//   int main(int count, char** values) { return run_command({"my-sim", scenarios}, {values + 1, values + count}); }
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "campaign/scenario.h"

namespace fulmar {

struct Simulator {
  std::string_view program;  // its name in messages
  std::span<const Scenario> scenarios;
  std::string_view levels_scenario = {};  // the scenario of `levels`, unless another is given
};

// Carries out the arguments; returns the exit code (exit_codes.h). Prints to stdout and stderr.
int run_command(const Simulator& simulator, const std::vector<std::string>& arguments);

}  // namespace fulmar
