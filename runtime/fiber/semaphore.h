// Semaphore: a number of units, taken in the order of the requests, so that small requests do not starve a large one.
// SemaphoreUnits: some of them, held for a scope.
#pragma once

#include <cstdint>
#include <deque>
#include <utility>

#include "runtime/base/assert.h"
#include "runtime/fiber/wait_list.h"

namespace fulmar {

class Semaphore {
 public:
  explicit Semaphore(std::int64_t units) : available_(units) {}

  // Waits for `units`; false if the deadline came first. A cancellation point.
  bool acquire(std::int64_t units, Deadline deadline = Deadline::never());
  bool try_acquire(std::int64_t units);
  void release(std::int64_t units);
  std::int64_t available() const { return available_; }

 private:
  struct Request {
    std::int64_t units;
    bool granted = false;
    WaitList waiting;
  };
  void grant();

  std::int64_t available_;
  std::deque<Request*> requests_;
};

class [[nodiscard]] SemaphoreUnits {
 public:
  SemaphoreUnits() = default;
  SemaphoreUnits(Semaphore& semaphore, std::int64_t units) : semaphore_(&semaphore), units_(units) {}  // taken already
  SemaphoreUnits(SemaphoreUnits&& other) noexcept
      : semaphore_(std::exchange(other.semaphore_, nullptr)), units_(std::exchange(other.units_, 0)) {}
  SemaphoreUnits& operator=(SemaphoreUnits&& other) noexcept {
    std::swap(semaphore_, other.semaphore_);
    std::swap(units_, other.units_);
    return *this;
  }
  ~SemaphoreUnits() {
    if (semaphore_) semaphore_->release(units_);
  }
  std::int64_t units() const { return units_; }

 private:
  Semaphore* semaphore_ = nullptr;
  std::int64_t units_ = 0;
};

}  // namespace fulmar
