#include "runtime/fiber/stack_pool.h"

#include <sys/mman.h>
#include <unistd.h>

#include "runtime/base/assert.h"
#include "runtime/fiber/sanitizers.h"

namespace fulmar {

namespace {

constexpr int madvise_guard_install = 102;              // MADV_GUARD_INSTALL, which the headers of Debian 12 lack
constexpr std::size_t parked_context_bytes = 8 * 1024;  // used by the entry loop, at the top of a stack

std::size_t page_size() {
  static const auto size = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  return size;
}

std::size_t slab_bytes() {
  return stacks_per_slab * (page_size() + fiber_stack_size);
}

// The part of an ended fiber's stack below its parked context.
std::size_t unused_bytes(const FiberStack& stack) {
  return static_cast<std::size_t>(static_cast<char*>(stack.context) - stack.bottom);
}

}  // namespace

FiberStack::FiberStack(char* guard, std::size_t guard_size) : bottom(guard + guard_size), size(fiber_stack_size) {
  bool guarded = madvise(guard, guard_size, madvise_guard_install) == 0 || mprotect(guard, guard_size, PROT_NONE) == 0;
  FULMAR_ASSERT(guarded);  // otherwise vm.max_map_count is reached, which the limits on fibers should prevent
  sanitizers::stack_mapped(bottom, size);
  tsan_fiber = sanitizers::create_fiber();
  fiber.stack_ = this;
}

FiberStack::~FiberStack() {
  FULMAR_ASSERT(fiber.state_ == Fiber::State::finished);
  sanitizers::destroy_fiber(tsan_fiber);
  sanitizers::stack_unmapped(bottom, size);
}

void FiberStack::cool_down() {
  madvise(bottom, size - parked_context_bytes, MADV_DONTNEED);
}

StackPool::~StackPool() {
  stacks_.clear();
  for (auto* slab : slabs_) munmap(slab, slab_bytes());
}

void StackPool::add_slab() {
  void* memory =
      mmap(nullptr, slab_bytes(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  FULMAR_ASSERT(memory != MAP_FAILED);
  // A huge page would commit the stacks of eight fibers at the first touch of one.
  madvise(memory, slab_bytes(), MADV_NOHUGEPAGE);
  slabs_.push_back(static_cast<char*>(memory));
  used_of_last_slab_ = 0;
}

FiberStack* StackPool::take() {
  if (free_.size() > sanitizers::stacks_unused_min) {
    auto next = sanitizers::stacks_unused_min > 0 ? free_.begin() : free_.end() - 1;
    auto* stack = *next;
    free_.erase(next);
    sanitizers::stack_used(stack->bottom, unused_bytes(*stack));
    return stack;
  }
  if (used_of_last_slab_ == stacks_per_slab) add_slab();
  auto* guard = slabs_.back() + used_of_last_slab_++ * (page_size() + fiber_stack_size);
  return stacks_.emplace_back(std::make_unique<FiberStack>(guard, page_size())).get();
}

void StackPool::give_back(FiberStack* stack) {
  if (free_.size() >= warm_stacks_max) stack->cool_down();
  sanitizers::stack_unused(stack->bottom, unused_bytes(*stack));
  free_.push_back(stack);
}

}  // namespace fulmar
