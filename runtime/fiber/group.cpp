#include "runtime/fiber/group.h"

#include <utility>

#include "runtime/base/assert.h"
#include "runtime/fiber/scheduler.h"

namespace fulmar {

namespace {
Domain& current_domain() {
  FULMAR_ASSERT(Fiber::current() != nullptr);
  return Fiber::current()->domain();
}
}  // namespace

FiberGroup::FiberGroup() : domain_(current_domain()) {}

FiberGroup::~FiberGroup() {
  if (size_ == 0) return;
  cancel();
  while (size_ > 0) emptied_.wait_uncancellable();
}

void FiberGroup::spawn(std::string_view name, FiberTask task) {
  domain_.scheduler().start(domain_, *this, name, std::move(task));
}

void FiberGroup::join() {
  while (size_ > 0) emptied_.wait();
}

void FiberGroup::cancel() noexcept {
  cancelled_ = true;
  for (auto* fiber = first_; fiber; fiber = fiber->group_next_) fiber->request_cancel();
}

}  // namespace fulmar
