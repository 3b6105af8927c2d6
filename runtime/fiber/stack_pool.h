// Stacks of fibers: mapped once, with a guard page below, and used again last-in first-out, while still warm.
//
// A pooled stack keeps its suspended context, parked in the entry loop, so that starting a fiber is one switch. Stack
// pages are committed by the kernel as they are touched.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "runtime/fiber/fiber.h"

namespace fulmar {

inline constexpr std::size_t fiber_stack_size = 256 * 1024;  // sanitized frames are large; untouched pages cost nothing
inline constexpr std::size_t pooled_stacks_max = 1024;       // beyond, a finished fiber's stack is unmapped

struct FiberStack {
  FiberStack();
  ~FiberStack();
  FiberStack(const FiberStack&) = delete;
  FiberStack& operator=(const FiberStack&) = delete;

  Fiber fiber;
  void* context = nullptr;  // where the fiber goes on (an fcontext_t)
  char* mapping = nullptr;  // guard page, then the stack
  char* bottom = nullptr;   // lowest usable address
  std::size_t size = 0;

  // The C++ runtime's exception state is per thread; it has to follow the fiber (Itanium C++ ABI §2.2.2).
  struct ExceptionState {
    void* caught = nullptr;
    unsigned uncaught = 0;
  } exceptions;

  void* asan_fake_stack = nullptr;
  void* tsan_fiber = nullptr;
};

class StackPool {
 public:
  FiberStack* take();
  void give_back(FiberStack* stack);

 private:
  std::vector<std::unique_ptr<FiberStack>> free_;
};

}  // namespace fulmar
