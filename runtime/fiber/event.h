// Event: a flag that fibers wait for. Once set it stays set until reset() and lets everyone through.
#pragma once

#include "runtime/fiber/wait_list.h"

namespace fulmar {

class Event {
 public:
  void set() {
    set_ = true;
    waiting_.wake_all();
  }
  void reset() { set_ = false; }
  bool is_set() const { return set_; }

  // A cancellation point. `woken` if it was set, also when it has been reset since.
  WaitResult wait(Deadline deadline = Deadline::never()) { return set_ ? WaitResult::woken : waiting_.wait(deadline); }

 private:
  bool set_ = false;
  WaitList waiting_;
};

}  // namespace fulmar
