// WorkMeter: how long its fiber computes while the meter exists: without what it waits, and with what other shards
// compute for it in Host::on_shard().
//
// Measured by the clock in the real world, and as declared (slices.h) in the simulated one.
#pragma once

#include "runtime/base/time.h"

namespace fulmar {

class Fiber;

class WorkMeter {
 public:
  WorkMeter();  // in a fiber, of whose meters it is the innermost
  WorkMeter(const WorkMeter&) = delete;
  WorkMeter& operator=(const WorkMeter&) = delete;
  ~WorkMeter();  // what it has counted also counts for the meter around it

  // Of the running fiber; null if it has none.
  static WorkMeter* current() noexcept;

  Duration elapsed() const;
  // Counts what was computed elsewhere.
  void add(Duration work) { done_ += work; }

 private:
  friend class Scheduler;
  void pause(Instant at) { done_ += at - since_; }
  void resume(Instant at) { since_ = at; }

  Fiber& fiber_;
  WorkMeter* const outer_;
  Duration done_{0};
  Instant since_;  // the fiber runs since then, by Scheduler::work_clock()
};

}  // namespace fulmar
