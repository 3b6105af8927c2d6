// WorkQueue: runs tasks in order in a limited number of fibers, so that thousands of tasks at once take no more stacks
// than the limit.
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

  // Runs `task` in a fiber of `group`, as soon as the limit allows. Does not wait. If the group may end before: drop().
  void run(FiberGroup& group, FiberTask task);
  // To be called before `group` ends: drops its tasks that have not begun.
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
