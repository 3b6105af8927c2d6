#include "campaign/memory_limit.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "runtime/base/assert.h"

namespace fulmar {

const int out_of_memory_signal = SIGUSR2;

namespace {

constexpr int look_signal = SIGUSR1;
constexpr long look_ns = 50'000'000;

// Read by the signal's handler.
std::size_t bytes_max = 0;
std::size_t page_bytes = 0;

// The second number of /proc/self/statm. Async-signal-safe.
std::size_t resident_bytes() {
  char text[100];
  int file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  auto got = read(file, text, sizeof text);
  close(file);
  std::size_t pages = 0;
  bool second = false;
  for (ssize_t i = 0; i < got; ++i) {
    if (text[i] == ' ' && second) break;
    if (text[i] == ' ')
      second = true;
    else if (second)
      pages = 10 * pages + static_cast<std::size_t>(text[i] - '0');
  }
  return pages * page_bytes;
}

void look(int) {
  auto before = errno;
  // It arrives when this handler has returned, so that the stack is that of the life.
  if (resident_bytes() > bytes_max) kill(getpid(), out_of_memory_signal);
  errno = before;
}

}  // namespace

MemoryLimit::MemoryLimit(std::size_t bytes) {
  bytes_max = bytes;
  page_bytes = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  struct sigaction action{};
  action.sa_handler = look;
  action.sa_flags = static_cast<int>(SA_ONSTACK | SA_RESTART);
  sigaddset(&action.sa_mask, out_of_memory_signal);
  sigaction(look_signal, &action, nullptr);
  sigevent event{};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = look_signal;
  FULMAR_ASSERT(timer_create(CLOCK_PROCESS_CPUTIME_ID, &event, &timer_) == 0);
  itimerspec every{{0, look_ns}, {0, look_ns}};
  FULMAR_ASSERT(timer_settime(timer_, 0, &every, nullptr) == 0);
}

MemoryLimit::~MemoryLimit() {
  timer_delete(timer_);
}

bool is_out_of_memory(int signal) {
  return signal == out_of_memory_signal;
}

std::string out_of_memory(std::size_t bytes) {
  return "the life took more than " + std::to_string(bytes >> 20) + " MB of memory";
}

}  // namespace fulmar
