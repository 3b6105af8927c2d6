// WaitList: the fibers that wait for one thing, in order of arrival. All primitives are built on it.
#pragma once

#include <cstddef>

#include "runtime/base/time.h"

namespace fulmar {

struct Waiter;

enum class WaitResult : unsigned char { woken, timed_out };

class WaitList {
 public:
  WaitList() = default;
  WaitList(const WaitList&) = delete;
  WaitList& operator=(const WaitList&) = delete;
  ~WaitList();  // nobody may wait

  // Suspends the current fiber until it is woken or the deadline has come. Throws FiberCancelled if the fiber is
  // cancelled before either; a fiber that was woken first returns `woken`, so that what was handed to it is not lost.
  WaitResult wait(Deadline deadline = Deadline::never());
  // The same, ignoring cancellation: for joining children while unwinding.
  void wait_uncancellable();

  // Wakes the first fiber; false if none waits.
  bool wake_one();
  void wake_all();
  bool empty() const { return first_ == nullptr; }

 private:
  friend struct Waiter;
  void append(Waiter& waiter);
  void remove(Waiter& waiter);

  Waiter* first_ = nullptr;
  Waiter* last_ = nullptr;
};

}  // namespace fulmar
