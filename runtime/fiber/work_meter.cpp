#include "runtime/fiber/work_meter.h"

#include "runtime/base/assert.h"
#include "runtime/fiber/scheduler.h"

namespace fulmar {

WorkMeter::WorkMeter() : fiber_(*Fiber::current()), outer_(fiber_.meter_), since_(Scheduler::current().work_clock()) {
  if (outer_) outer_->pause(since_);
  fiber_.meter_ = this;
}

WorkMeter::~WorkMeter() {
  FULMAR_ASSERT(fiber_.meter_ == this);
  fiber_.meter_ = outer_;
  if (!outer_) return;
  outer_->add(elapsed());
  outer_->resume(Scheduler::current().work_clock());
}

WorkMeter* WorkMeter::current() noexcept {
  auto* fiber = Fiber::current();
  return fiber ? fiber->meter_ : nullptr;
}

Duration WorkMeter::elapsed() const {
  return done_ + (Scheduler::current().work_clock() - since_);
}

}  // namespace fulmar
