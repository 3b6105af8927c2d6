#include "runtime/fiber/work_queue.h"

#include <algorithm>
#include <utility>

#include "runtime/base/assert.h"

namespace fulmar {

WorkQueue::~WorkQueue() {
  FULMAR_ASSERT(running_ == 0 && waiting_.empty());
}

void WorkQueue::run(FiberGroup& group, FiberTask task) {
  if (running_ < fibers_max_)
    start(group, std::move(task));
  else
    waiting_.push_back({&group, std::move(task)});
}

void WorkQueue::drop(const FiberGroup& group) {
  std::erase_if(waiting_, [&](const Waiting& waiting) { return waiting.group == &group; });
}

void WorkQueue::start(FiberGroup& group, FiberTask task) {
  ++running_;
  // When the fiber ends, or if it never begins, the next task gets its place.
  struct Place {
    explicit Place(WorkQueue& q) : queue(&q) {}
    Place(Place&& other) noexcept : queue(std::exchange(other.queue, nullptr)) {}
    ~Place() {
      if (queue) queue->ended();
    }
    WorkQueue* queue;
  };
  group.spawn(name_, [place = Place(*this), task = std::move(task)]() mutable { task(); });
}

// The next task gets a new fiber, behind those that are ready, so that a long queue delays nobody.
void WorkQueue::ended() {
  --running_;
  if (waiting_.empty()) return;
  auto next = std::move(waiting_.front());
  waiting_.pop_front();
  start(*next.group, std::move(next.task));
}

}  // namespace fulmar
