#include "runtime/fiber/wait_list.h"

#include "runtime/base/assert.h"
#include "runtime/fiber/fiber.h"
#include "runtime/fiber/scheduler.h"
#include "runtime/fiber/timer.h"

namespace fulmar {

// In the frame of the wait; removed from its list by the first of wake, timeout and cancellation.
struct Waiter final : Blocker, Timer {
  enum class End : unsigned char { none, woken, timed_out, cancelled };

  Waiter(WaitList& l, Fiber& f, Scheduler& s) : list(l), fiber(f), scheduler(s) {}
  virtual ~Waiter() = default;

  void end_by(End how) {
    FULMAR_ASSERT(end == End::none);
    end = how;
    list.remove(*this);
    scheduler.disarm(*this);
    scheduler.make_ready(fiber);
  }
  void fire() noexcept override { end_by(End::timed_out); }
  void cancel() noexcept override { end_by(End::cancelled); }

  WaitList& list;
  Fiber& fiber;
  Scheduler& scheduler;
  End end = End::none;
  Waiter* next = nullptr;
  Waiter* previous = nullptr;
};

WaitList::~WaitList() {
  FULMAR_ASSERT(empty());
}

void WaitList::append(Waiter& waiter) {
  waiter.previous = last_;
  (last_ ? last_->next : first_) = &waiter;
  last_ = &waiter;
}

void WaitList::remove(Waiter& waiter) {
  (waiter.previous ? waiter.previous->next : first_) = waiter.next;
  (waiter.next ? waiter.next->previous : last_) = waiter.previous;
}

WaitResult WaitList::wait(Deadline deadline) {
  check_cancelled();
  auto& scheduler = Scheduler::current();
  auto* fiber = Fiber::current();
  FULMAR_ASSERT(fiber != nullptr);
  if (!deadline.is_never() && deadline.at <= scheduler.now()) return WaitResult::timed_out;
  Waiter waiter(*this, *fiber, scheduler);
  append(waiter);
  if (!deadline.is_never()) scheduler.arm(waiter, deadline.at);
  scheduler.suspend(&waiter);
  if (waiter.end == Waiter::End::cancelled) throw FiberCancelled();
  return waiter.end == Waiter::End::woken ? WaitResult::woken : WaitResult::timed_out;
}

void WaitList::wait_uncancellable() {
  auto& scheduler = Scheduler::current();
  FULMAR_ASSERT(Fiber::current() != nullptr);
  Waiter waiter(*this, *Fiber::current(), scheduler);
  append(waiter);
  scheduler.suspend(nullptr);
  FULMAR_ASSERT(waiter.end == Waiter::End::woken);
}

bool WaitList::wake_one() {
  if (!first_) return false;
  first_->end_by(Waiter::End::woken);
  return true;
}

void WaitList::wake_all() {
  while (wake_one()) {
  }
}

}  // namespace fulmar
