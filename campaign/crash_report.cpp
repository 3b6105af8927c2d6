#include "campaign/crash_report.h"

#include <execinfo.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <string_view>

#include "campaign/memory_limit.h"
#include "campaign/stack_names.h"

namespace fulmar {

namespace {

constexpr int frames_max = 64;
constexpr int own_frames = 2;  // the handler, and the kernel's call of it
constexpr std::size_t signal_stack_bytes = 256 << 10;

void write_text(std::string_view text) {
  [[maybe_unused]] auto written = write(STDERR_FILENO, text.data(), text.size());
}

// All but the last step is async-signal-safe.
void on_crash(int signal) {
  std::array<void*, frames_max> frames;
  auto count = backtrace(frames.data(), frames_max);
  write_text(stack_title);
  for (auto i = static_cast<std::size_t>(own_frames); i < static_cast<std::size_t>(count); ++i) {
    std::array<char, 2 * sizeof(std::uintptr_t) + 1> digits;
    auto at = digits.size();
    digits[--at] = '\n';
    for (auto left = reinterpret_cast<std::uintptr_t>(frames[i]); left != 0; left >>= 4)
      digits[--at] = "0123456789abcdef"[left & 15];
    write_text(frame_mark);
    write_text({digits.data() + at, digits.size() - at});
  }
  std::fflush(stdout);  // last, since a broken heap may stop it
  std::raise(signal);
}

}  // namespace

void report_crashes() {
  auto parent = getppid();
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);
  std::array<void*, 1> first;
  backtrace(first.data(), 1);  // loads what backtrace() needs, which may be impossible in a crash
  static auto* stack = new char[signal_stack_bytes];
  stack_t alternate{};
  alternate.ss_sp = stack;
  alternate.ss_size = signal_stack_bytes;
  sigaltstack(&alternate, nullptr);
  struct sigaction action{};
  action.sa_handler = on_crash;
  action.sa_flags = static_cast<int>(SA_ONSTACK | SA_RESETHAND | SA_NODEFER);  // a second such signal kills the process
  for (auto signal : {SIGABRT, SIGPROF, out_of_memory_signal}) sigaction(signal, &action, nullptr);
#ifndef __SANITIZE_ADDRESS__  // its own reports say more
  for (auto signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL}) sigaction(signal, &action, nullptr);
#endif
}

}  // namespace fulmar
