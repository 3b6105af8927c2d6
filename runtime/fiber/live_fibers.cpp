#include "runtime/fiber/live_fibers.h"

#include "runtime/base/assert.h"
#include "runtime/fiber/fiber.h"
#include "runtime/fiber/scheduler.h"

namespace fulmar {

std::size_t live_fibers() {
  FULMAR_ASSERT(Fiber::current());
  return Fiber::current()->domain().live_fibers();
}

}  // namespace fulmar
