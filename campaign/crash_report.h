// What a process that plays lives leaves behind when it crashes: what it had printed, and its stack.
#pragma once

namespace fulmar {

// From now on a signal that ends this process for a fault of its own (SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL), or
// since its time is up (time_limit.h), first writes its stack to stderr, as addresses (stack_names.h), and writes out
// what was printed; it also works where a fiber's stack has overflowed. If the process that made this one ends, this
// one is killed.
void report_crashes();

}  // namespace fulmar
