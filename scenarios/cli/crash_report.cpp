#include "scenarios/cli/crash_report.h"

#include <cxxabi.h>
#include <execinfo.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>

namespace fulmar {

namespace {

constexpr int frames_max = 64;
constexpr std::size_t signal_stack_bytes = 256 << 10;

void on_crash(int signal) {
  std::array<void*, frames_max> frames;
  auto count = backtrace(frames.data(), frames_max);
  constexpr char title[] = "stack:\n";
  [[maybe_unused]] auto written = write(STDERR_FILENO, title, sizeof title - 1);
  backtrace_symbols_fd(frames.data(), count, STDERR_FILENO);
  std::fflush(stdout);  // last, since a broken heap may stop it
  std::raise(signal);
}

}  // namespace

void report_crashes() {
  std::array<void*, 1> first;
  backtrace(first.data(), 1);  // loads what it needs, which a broken process may not be able to
  static auto* stack = new char[signal_stack_bytes];
  stack_t alternate{};
  alternate.ss_sp = stack;
  alternate.ss_size = signal_stack_bytes;
  sigaltstack(&alternate, nullptr);
  struct sigaction action{};
  action.sa_handler = on_crash;
  action.sa_flags = SA_ONSTACK | static_cast<int>(SA_RESETHAND);
  for (auto signal : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL}) sigaction(signal, &action, nullptr);
}

std::string with_plain_names(const std::string& stack) {
  std::string plain;
  for (std::size_t at = 0; at < stack.size();) {
    auto begin = stack.find("(_Z", at);
    auto end = begin == std::string::npos ? begin : stack.find_first_of("+)", begin);
    if (end == std::string::npos) return plain + stack.substr(at);
    auto name = stack.substr(begin + 1, end - begin - 1);
    int status = 0;
    std::unique_ptr<char, decltype(&std::free)> demangled(abi::__cxa_demangle(name.c_str(), nullptr, nullptr, &status),
                                                          &std::free);
    plain += stack.substr(at, begin + 1 - at) + (status == 0 ? demangled.get() : name);
    at = end;
  }
  return plain;
}

}  // namespace fulmar
