// Mutex: held by one fiber at a time across waits, in the order of requests. LockGuard: holds it for a scope. Only
// needed if a critical section waits: between two waits no other fiber of the shard runs anyway.
#pragma once

#include <utility>

#include "runtime/base/assert.h"
#include "runtime/fiber/fiber.h"
#include "runtime/fiber/wait_list.h"

namespace fulmar {

class Mutex {
 public:
  ~Mutex() { FULMAR_ASSERT(!locked_); }

  // A cancellation point, even if the mutex is free: a cancelled fiber may have left the guarded state half changed. A
  // fiber that is cancelled here does not hold the mutex. `timed_out` if the deadline came first.
  WaitResult lock(Deadline deadline = Deadline::never()) {
    check_cancelled();
    if (locked_) return waiting_.wait(deadline);  // unlock() passes it on locked
    locked_ = true;
    return WaitResult::woken;
  }
  bool try_lock() { return !std::exchange(locked_, true); }
  void unlock() {
    FULMAR_ASSERT(locked_);
    if (!waiting_.wake_one()) locked_ = false;
  }
  bool locked() const { return locked_; }
  // To be called before destroying what it guards: waits, cancelled or not, until no fiber holds it.
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
