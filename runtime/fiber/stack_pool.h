// Stacks of fibers: parts of slabs, each with a guard below, reused last-in first-out while their memory is in the
// cache.
//
// A pooled stack keeps its suspended context, parked in the entry loop, so that starting a fiber is one switch. The
// kernel commits stack pages as they are touched; the pages of surplus stacks are given back.
//
// The kernel counts mappings (vm.max_map_count). Where it has lightweight guards (Linux 6.13) a slab is one mapping,
// whatever the number of its stacks; else each guard splits it, and a stack costs two.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "runtime/fiber/fiber.h"

namespace fulmar {

inline constexpr std::size_t fiber_stack_size = 256 * 1024;  // sanitized frames are large; untouched pages cost nothing
inline constexpr std::size_t stacks_per_slab = 64;
inline constexpr std::size_t warm_stacks_max = 512;  // stacks of ended fibers beyond this number keep no memory

struct FiberStack {
  FiberStack(char* guard, std::size_t guard_size);
  ~FiberStack();
  FiberStack(const FiberStack&) = delete;
  FiberStack& operator=(const FiberStack&) = delete;
  // Releases its memory, except for what the parked context needs.
  void cool_down();

  Fiber fiber;
  void* context = nullptr;  // where the fiber continues (an fcontext_t)
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
  StackPool() = default;
  ~StackPool();
  StackPool(const StackPool&) = delete;
  StackPool& operator=(const StackPool&) = delete;

  FiberStack* take();
  void give_back(FiberStack* stack);

 private:
  void add_slab();

  std::vector<char*> slabs_;
  std::size_t used_of_last_slab_ = stacks_per_slab;
  std::vector<std::unique_ptr<FiberStack>> stacks_;
  std::vector<FiberStack*> free_;
};

}  // namespace fulmar
