// Mutex: one fiber at a time across waits, handed over in the order of asking. LockGuard: held for a scope. Only needed
// where a critical section waits: between two waits a fiber is alone on its shard anyway.
#pragma once

#include <utility>

#include "runtime/base/assert.h"
#include "runtime/fiber/fiber.h"
#include "runtime/fiber/wait_list.h"

namespace fulmar {

class Mutex {
 public:
  ~Mutex() { ASSERT(!locked_); }

  // A cancellation point, free or not: what a cancelled fiber left half done in it is no state to go on from. Who is
  // cancelled does not hold the mutex. `timed_out` if the deadline came first.
  WaitResult lock(Deadline deadline = Deadline::never()) {
    check_cancelled();
    if (locked_) return waiting_.wait(deadline);  // the one who unlocks hands it over locked
    locked_ = true;
    return WaitResult::woken;
  }
  bool try_lock() { return !std::exchange(locked_, true); }
  void unlock() {
    ASSERT(locked_);
    if (!waiting_.wake_one()) locked_ = false;
  }
  bool locked() const { return locked_; }
  // For who is about to destroy what it guards: waits, cancelled or not, until nobody holds it.
  void await_unlocked() {
    while (locked_) {
      waiting_.wait_uncancellable();
      unlock();
    }
  }

 private:
  bool locked_ = false;
  WaitList waiting_;
};

class [[nodiscard]] LockGuard {
 public:
  explicit LockGuard(Mutex& mutex) : mutex_(&mutex) { mutex.lock(); }
  LockGuard(LockGuard&& other) noexcept : mutex_(std::exchange(other.mutex_, nullptr)) {}
  LockGuard& operator=(LockGuard&&) = delete;
  ~LockGuard() {
    if (mutex_) mutex_->unlock();
  }

 private:
  Mutex* mutex_;
};

}  // namespace fulmar
