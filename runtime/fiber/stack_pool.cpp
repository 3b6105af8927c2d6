#include "runtime/fiber/stack_pool.h"

#include <sys/mman.h>
#include <unistd.h>

#include "runtime/base/assert.h"
#include "runtime/fiber/sanitizers.h"

namespace fulmar {

FiberStack::FiberStack() : size(fiber_stack_size) {
  auto guard = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  void* memory =
      mmap(nullptr, guard + size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  ASSERT(memory != MAP_FAILED);
  mapping = static_cast<char*>(memory);
  ASSERT(mprotect(mapping, guard, PROT_NONE) == 0);
  bottom = mapping + guard;
  sanitizers::stack_mapped(bottom, size);
  tsan_fiber = sanitizers::create_fiber();
  fiber.stack_ = this;
}

FiberStack::~FiberStack() {
  ASSERT(fiber.state_ == Fiber::State::finished);
  sanitizers::destroy_fiber(tsan_fiber);
  sanitizers::stack_unmapped(bottom, size);
  munmap(mapping, static_cast<std::size_t>(bottom - mapping) + size);
}

FiberStack* StackPool::take() {
  if (free_.empty()) return new FiberStack();
  auto* stack = free_.back().release();
  free_.pop_back();
  return stack;
}

void StackPool::give_back(FiberStack* stack) {
  std::unique_ptr<FiberStack> owned(stack);
  if (free_.size() < pooled_stacks_max) free_.push_back(std::move(owned));
}

}  // namespace fulmar
