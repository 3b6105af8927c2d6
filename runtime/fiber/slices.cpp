#include "runtime/fiber/slices.h"

#include "runtime/fiber/scheduler.h"

namespace fulmar {

bool declare_work(Duration work) {
  if (!Fiber::current()) return false;
  auto& scheduler = Scheduler::current();
  scheduler.declare_work(work);
  return scheduler.work_of_step() >= slice_length;
}

void work_in_slices(Duration work) {
  if (declare_work(work)) Scheduler::current().yield();
}

}  // namespace fulmar
