// MemoryLimit: ends this process by a signal if it takes too much memory, so that a life that only grows is a
// violation, and not the end of the machine; report_crashes() shows where it was.
#pragma once

#include <cstddef>
#include <ctime>
#include <string>

namespace fulmar {

constexpr std::size_t life_bytes_max = std::size_t{4} << 30;  // far more than any life takes

// The limit applies to the process's resident memory, shared libraries included, while the object exists; it is looked
// at after each 50 ms of CPU time. At most one exists at a time.
class MemoryLimit {
 public:
  explicit MemoryLimit(std::size_t bytes);
  ~MemoryLimit();
  MemoryLimit(const MemoryLimit&) = delete;
  MemoryLimit& operator=(const MemoryLimit&) = delete;

 private:
  timer_t timer_;
};

// The signal that ends the process, whether a process died of it, and a text that says so.
extern const int out_of_memory_signal;
bool is_out_of_memory(int signal);
std::string out_of_memory(std::size_t bytes);

}  // namespace fulmar
