// FiberGroup: the fibers that a scope has started. None outlives it: the destructor cancels running fibers and waits.
#pragma once

#include <cstddef>
#include <string_view>

#include "runtime/fiber/fiber.h"
#include "runtime/fiber/wait_list.h"

namespace fulmar {

class FiberGroup {
 public:
  FiberGroup();  // of the current fiber's domain
  explicit FiberGroup(Domain& domain) : domain_(domain) {}
  ~FiberGroup();
  FiberGroup(const FiberGroup&) = delete;
  FiberGroup& operator=(const FiberGroup&) = delete;

  // Starts a fiber; it first runs when the current one waits. `name` must outlive it (a literal). May be called by any
  // code of the shard. In a group that was cancelled, the new fiber is cancelled from the start.
  void spawn(std::string_view name, FiberTask task);
  // Waits until no fiber of the group is alive. A cancellation point.
  void join();
  // Asks all fibers of the group, also ones that are started later, to end. Does not wait.
  void cancel() noexcept;

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

 private:
  friend class Scheduler;
  Domain& domain_;
  Fiber* first_ = nullptr;
  std::size_t size_ = 0;
  bool cancelled_ = false;
  WaitList emptied_;
};

}  // namespace fulmar
