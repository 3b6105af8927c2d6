// WorkQueue: tasks that each need a fiber for a while, with a limit of fibers; first come first served. So work may
// come from thousands of places at once, and takes no more stacks than the limit.
#pragma once

#include <cstddef>
#include <deque>
#include <string_view>

#include "runtime/fiber/group.h"

namespace fulmar {

class WorkQueue {
 public:
  // `name`: of the fibers, for debuggers; a literal.
  WorkQueue(std::string_view name, std::size_t fibers_max) : name_(name), fibers_max_(fibers_max) {}
  ~WorkQueue();
  WorkQueue(const WorkQueue&) = delete;
  WorkQueue& operator=(const WorkQueue&) = delete;

  // Has `task` run in a fiber of `group`, once there is one for it. Never waits. A group that ends before: see drop().
  void run(FiberGroup& group, FiberTask task);
  // Before `group` ends: what has not begun for it never will.
  void drop(const FiberGroup& group);

  std::size_t running() const { return running_; }
  std::size_t waiting() const { return waiting_.size(); }

 private:
  struct Waiting {
    FiberGroup* group;
    FiberTask task;
  };
  void start(FiberGroup& group, FiberTask task);
  void ended();

  const std::string_view name_;
  const std::size_t fibers_max_;
  std::size_t running_ = 0;
  std::deque<Waiting> waiting_;
};

}  // namespace fulmar
