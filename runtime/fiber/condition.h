// Condition: waits until a predicate over the shard's state holds. It needs no mutex, since other fibers run only
// during a wait: test, wait, test again.
#pragma once

#include <concepts>

#include "runtime/fiber/wait_list.h"

namespace fulmar {

class Condition {
 public:
  // Waits until `holds()`, which is tested now and after each notification. `timed_out` if the deadline came while it
  // did not hold. A cancellation point.
  template <std::predicate P>
  WaitResult wait(P holds, Deadline deadline = Deadline::never()) {
    while (!holds()) {
      if (waiting_.wait(deadline) == WaitResult::timed_out && !holds()) return WaitResult::timed_out;
    }
    return WaitResult::woken;
  }
  void notify_one() { waiting_.wake_one(); }
  void notify_all() { waiting_.wake_all(); }

 private:
  WaitList waiting_;
};

}  // namespace fulmar
