// Runs a simulator's command, as main() would, and keeps what it prints.
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

}  // namespace fulmar
