// gdb on a process that plays a life: its fibers and their stacks, by the script runtime/fiber/fibers_gdb.py.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "runtime/base/result.h"

namespace fulmar {

extern const char* const fibers_script;

// Hands the terminal over to gdb, with the fibers listed, until it ends; the process goes on to exist. Errors:
// unsupported: gdb can't be run.
Result<void> hand_over_to_gdb(pid_t process);

// What gdb prints for these commands of the script, as lines. Errors: unsupported: gdb can't be run, or the system does
// not let it look into the process.
Result<std::vector<std::string>> ask_gdb(pid_t process, const std::vector<std::string>& commands);

}  // namespace fulmar
