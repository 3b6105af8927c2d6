#include "runtime/real/reactor.h"

#include <time.h>

#include <algorithm>

#include "runtime/base/assert.h"
#include "runtime/fiber/slices.h"

namespace fulmar {

Reactor::Reactor(IoBackend backend) {
  if (backend != IoBackend::epoll) engine_ = make_uring_engine(*this);
  if (!engine_ && backend != IoBackend::uring) engine_ = make_epoll_engine(*this);
}

Reactor::~Reactor() = default;

Instant Reactor::now() const {
  timespec at{};
  clock_gettime(CLOCK_MONOTONIC, &at);
  return {static_cast<std::int64_t>(at.tv_sec) * 1'000'000'000 + at.tv_nsec};
}

void Reactor::enqueue(Fiber& fiber) {
  fiber.ready_next = nullptr;
  (ready_last_ ? ready_last_->ready_next : ready_first_) = &fiber;
  ready_last_ = &fiber;
}

Fiber* Reactor::dequeue(Domain& domain) {
  Fiber* previous = nullptr;
  for (Fiber* fiber = ready_first_; fiber; previous = fiber, fiber = fiber->ready_next) {
    if (&fiber->domain() != &domain) continue;
    (previous ? previous->ready_next : ready_first_) = fiber->ready_next;
    if (ready_last_ == fiber) ready_last_ = previous;
    return fiber;
  }
  return nullptr;
}

void Reactor::send(Message message) {
  bool first = false;
  {
    std::lock_guard lock(inbox_mutex_);
    first = inbox_.empty();
    inbox_.push_back(std::move(message));
  }
  // Only a sleeping reactor has to be woken; others check their inbox before they sleep.
  if (first && asleep_.load(std::memory_order_seq_cst)) engine_->wake();
}

void Reactor::receive() {
  std::vector<Message> messages;
  {
    std::lock_guard lock(inbox_mutex_);
    messages.swap(inbox_);
  }
  for (auto& message : messages) message();
}

void Reactor::run_until(const std::function<bool()>& done) {
  while (!done()) {
    receive();
    // A fiber that computes in slices is ready again at once: what comes from outside must not wait for all of them.
    Duration computed(0);
    for (int turn = 0; ready_first_ && turn < fibers_per_turn_max && computed < slice_length; ++turn) {
      Fiber* fiber = ready_first_;
      ready_first_ = fiber->ready_next;
      if (!ready_first_) ready_last_ = nullptr;
      run(*fiber);
      computed += work_of_step();
    }
    auto at = now();
    while (!timers_.empty() && timers_.earliest() <= at) timers_.pop().fire();
    if (done()) return;
    Duration timeout(0);
    if (!ready_first_) {
      timeout = timers_.empty() ? Duration(-1) : std::max(Duration(0), timers_.earliest() - at);
      asleep_.store(true, std::memory_order_seq_cst);
      std::lock_guard lock(inbox_mutex_);
      if (!inbox_.empty()) timeout = Duration(0);
    }
    engine_->poll(timeout);
    asleep_.store(false, std::memory_order_relaxed);
  }
}

}  // namespace fulmar
