// Crash reports: a process that plays lives writes its output and its stack when it crashes.
#pragma once

namespace fulmar {

// Installs handlers for the signals of a crash (SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL) and of the limits
// of time and memory (time_limit.h, memory_limit.h). They write the stack to stderr, as addresses (stack_names.h),
// flush what was printed, and end the process. They work even if a fiber's stack has overflowed. Also: this process is
// killed if its parent ends.
void report_crashes();

}  // namespace fulmar
