// What a process that plays lives leaves behind when it crashes: what it had printed, and its stack.
#pragma once

#include <string>

namespace fulmar {

// From now on a signal that ends this process for a fault of its own (SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL) first
// writes out what was printed, and then the stack, to stderr; it also works where a fiber's stack has overflowed.
void report_crashes();

// The names in such a stack as they are written in the source.
std::string with_plain_names(const std::string& stack);

}  // namespace fulmar
