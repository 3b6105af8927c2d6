// ASSERT: what the code promised itself. Never compiled out: a broken promise ends the process (in the simulator, the
// life, which is then reported as a violation with its seed), since going on would turn a bug into lost data.
#pragma once

namespace fulmar {

// Prints the failed condition and its place to stderr and aborts.
[[noreturn]] void assertion_failed(const char* condition, const char* file, int line) noexcept;

}  // namespace fulmar

#define FULMAR_ASSERT(condition)                                  \
  do {                                                            \
    if (!(condition)) [[unlikely]]                                \
      ::fulmar::assertion_failed(#condition, __FILE__, __LINE__); \
  } while (false)

#define FULMAR_UNREACHABLE() ::fulmar::assertion_failed("unreachable", __FILE__, __LINE__)
