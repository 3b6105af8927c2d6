// What the simulators of these tests have in common: running a command as main() would, and following a life.
#pragma once

#include <string>
#include <vector>

#include "campaign/command_line.h"

namespace fulmar {

struct Ran {
  int code = -1;
  std::string out;
  std::string errors;
};

Ran run(const Simulator& simulator, const std::vector<std::string>& arguments);
// Likewise, with a standard input.
Ran run(const Simulator& simulator, const std::vector<std::string>& arguments, const std::string& input);

}  // namespace fulmar
