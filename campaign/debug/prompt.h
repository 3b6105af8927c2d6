// debug: a prompt over a life (debugger.h). It reads commands from the standard input, from a person or a pipe.
#pragma once

#include <string_view>

#include "campaign/capsule.h"

namespace fulmar {

struct DebugOptions {
  std::string_view program;
  bool gdb = false;  // goes to the violation, or to the life's end, and hands over to gdb first
};

// Exit codes: 0; 2 a command from a pipe that can't be carried out; 128 plus the signal: interrupted.
int debug(const PlayFile& file, const DebugOptions& options);

}  // namespace fulmar
