#include "runtime/fiber/scheduler.h"

#include <cxxabi.h>

#include <boost/context/detail/fcontext.hpp>
#include <cstring>
#include <mutex>
#include <utility>

#include "runtime/base/assert.h"
#include "runtime/fiber/group.h"
#include "runtime/fiber/sanitizers.h"
#include "runtime/fiber/work_meter.h"

namespace fulmar {

namespace context = boost::context::detail;

namespace {

thread_local Scheduler* current_scheduler = nullptr;
thread_local Fiber* current_fiber = nullptr;
std::mutex schedulers;  // guards the list of schedulers

// __cxa_eh_globals as the Itanium C++ ABI lays it out; the header leaves it incomplete.
FiberStack::ExceptionState& thread_exceptions() {
  return *reinterpret_cast<FiberStack::ExceptionState*>(abi::__cxa_get_globals());
}

}  // namespace

Scheduler* Scheduler::first_scheduler_ = nullptr;

Scheduler::Scheduler() : tsan_thread_(sanitizers::thread_fiber()) {
  FULMAR_ASSERT(current_scheduler == nullptr);
  current_scheduler = this;
  std::lock_guard lock(schedulers);
  next_scheduler_ = std::exchange(first_scheduler_, this);
}

Scheduler::~Scheduler() {
  FULMAR_ASSERT(live_fibers_ == 0);
  current_scheduler = nullptr;
  std::lock_guard lock(schedulers);
  auto** link = &first_scheduler_;
  while (*link != this) link = &(*link)->next_scheduler_;
  *link = next_scheduler_;
}

Scheduler& Scheduler::current() noexcept {
  FULMAR_ASSERT(current_scheduler != nullptr);
  return *current_scheduler;
}

// Runs the fibers of one stack: runs one, parks, and is resumed with the next. Never returns.
struct FiberEntry {
  // Not instrumented, like switch_out(): between two fibers it has no fake stack.
  [[noreturn]] FULMAR_NO_ASAN static void loop(context::transfer_t from) noexcept {
    auto& stack = *static_cast<FiberStack*>(from.data);
    auto& scheduler = *current_scheduler;
    scheduler.context_ = from.fctx;
    sanitizers::finish_switch(nullptr, &scheduler.thread_stack_bottom_, &scheduler.thread_stack_size_);
    for (;;) {
      try {
        if (!stack.fiber.cancel_requested_) stack.fiber.task_();
      } catch (const FiberCancelled&) {
      }
      stack.fiber.task_ = nullptr;
      scheduler.finish(stack.fiber);
      scheduler.switch_out();
    }
  }
};

Fiber& Scheduler::start(Domain& domain, FiberGroup& group, std::string_view name, FiberTask task) {
  FULMAR_ASSERT(this == current_scheduler);
  auto* stack = stacks_.take();
  Fiber& fiber = stack->fiber;
  if (!stack->context)
    stack->context = context::make_fcontext(stack->bottom + stack->size, stack->size, FiberEntry::loop);
  fiber.domain_ = &domain;
  fiber.group_ = &group;
  fiber.name_ = name;
  fiber.id_ = next_fiber_id_++;
  fiber.task_ = std::move(task);
  fiber.cancel_requested_ = group.cancelled_ || domain.cancelled_;
  fiber.shields_ = 0;
  fiber.blocker_ = nullptr;

  fiber.group_previous_ = nullptr;
  fiber.group_next_ = group.first_;
  if (group.first_) group.first_->group_previous_ = &fiber;
  group.first_ = &fiber;
  ++group.size_;

  fiber.domain_previous_ = nullptr;
  fiber.domain_next_ = domain.first_;
  if (domain.first_) domain.first_->domain_previous_ = &fiber;
  domain.first_ = &fiber;
  ++domain.live_fibers_;

  ++live_fibers_;
  fiber.state_ = Fiber::State::suspended;
  make_ready(fiber);
  return fiber;
}

void Scheduler::finish(Fiber& fiber) {
  auto& group = *fiber.group_;
  auto& domain = *fiber.domain_;
  (fiber.group_previous_ ? fiber.group_previous_->group_next_ : group.first_) = fiber.group_next_;
  if (fiber.group_next_) fiber.group_next_->group_previous_ = fiber.group_previous_;
  (fiber.domain_previous_ ? fiber.domain_previous_->domain_next_ : domain.first_) = fiber.domain_next_;
  if (fiber.domain_next_) fiber.domain_next_->domain_previous_ = fiber.domain_previous_;
  --domain.live_fibers_;
  --live_fibers_;
  fiber.state_ = Fiber::State::finished;
  if (--group.size_ == 0) group.emptied_.wake_all();
}

FULMAR_NO_ASAN void Scheduler::switch_out() {
  auto& stack = *current_fiber->stack_;
  bool finished = current_fiber->state_ == Fiber::State::finished;
  stack.asan_fake_stack = nullptr;
  sanitizers::start_switch(finished ? nullptr : &stack.asan_fake_stack, thread_stack_bottom_, thread_stack_size_);
  sanitizers::switch_to_fiber(tsan_thread_);
  auto back = context::jump_fcontext(context_, nullptr);
  context_ = back.fctx;
  sanitizers::finish_switch(stack.asan_fake_stack, &thread_stack_bottom_, &thread_stack_size_);
}

void Scheduler::run(Fiber& fiber) {
  FULMAR_ASSERT(current_fiber == nullptr && fiber.state_ == Fiber::State::ready);
  auto& stack = *fiber.stack_;
  fiber.state_ = Fiber::State::running;
  current_fiber = &fiber;
  ++switches_;
  work_of_step_ = Duration(0);
  if (fiber.meter_) fiber.meter_->resume(work_clock());
  auto& exceptions = thread_exceptions();
  auto own_exceptions = std::exchange(exceptions, stack.exceptions);
  void* fake_stack = nullptr;
  sanitizers::start_switch(&fake_stack, stack.bottom, stack.size);
  sanitizers::switch_to_fiber(stack.tsan_fiber);
  auto back = context::jump_fcontext(stack.context, &stack);
  sanitizers::finish_switch(fake_stack, nullptr, nullptr);
  stack.context = back.fctx;
  stack.exceptions = std::exchange(exceptions, own_exceptions);
  current_fiber = nullptr;
  if (fiber.meter_) fiber.meter_->pause(work_clock());
  if (fiber.state_ == Fiber::State::finished) stacks_.give_back(&stack);
}

void Scheduler::suspend(Blocker* blocker) {
  auto* fiber = current_fiber;
  FULMAR_ASSERT(fiber != nullptr && fiber->state_ == Fiber::State::running);
  fiber->blocker_ = blocker;
  fiber->state_ = Fiber::State::suspended;
  switch_out();
}

void Scheduler::make_ready(Fiber& fiber) {
  FULMAR_ASSERT(fiber.state_ == Fiber::State::suspended);
  fiber.state_ = Fiber::State::ready;
  fiber.blocker_ = nullptr;
  if (fiber.domain_->paused_)
    fiber.domain_->held_.push_back(&fiber);
  else
    enqueue(fiber);
}

void Scheduler::yield() {
  check_cancelled();
  auto* fiber = current_fiber;
  FULMAR_ASSERT(fiber != nullptr);
  fiber->state_ = Fiber::State::suspended;
  make_ready(*fiber);
  switch_out();
  check_cancelled();
}

void Scheduler::declare_work(Duration work) noexcept {
  FULMAR_ASSERT(current_fiber != nullptr && work >= Duration(0));
  work_of_step_ += work * current_fiber->domain_->work_factor_;
}

void Scheduler::drain(std::span<Domain* const> domains) {
  for (;;) {
    bool alive = false;
    bool ran = false;
    for (auto* domain : domains) {
      while (auto* fiber = dequeue(*domain)) {
        run(*fiber);
        ran = true;
      }
      alive = alive || domain->live_fibers_ > 0;
    }
    if (!alive) return;
    FULMAR_ASSERT(ran);  // otherwise a fiber waits while it unwinds
  }
}

Fiber* Fiber::current() noexcept {
  return current_fiber;
}

bool Fiber::cancel_requested() const noexcept {
  return cancel_requested_ && (shields_ == 0 || domain_->cancelled());
}

void Fiber::request_cancel() noexcept {
  cancel_requested_ = true;
  if (!cancel_requested() || state_ != State::suspended || !blocker_) return;
  std::exchange(blocker_, nullptr)->cancel();
}

void check_cancelled() {
  FULMAR_ASSERT(current_fiber != nullptr);
  if (current_fiber->cancel_requested()) [[unlikely]]
    throw FiberCancelled();
}

Domain::Domain(Scheduler& scheduler, std::string_view name)
    : scheduler_(scheduler),
      name_(name),
      next_domain_(std::exchange(scheduler.first_domain_, this)),
      root_(std::make_unique<FiberGroup>(*this)) {}

Domain::~Domain() {
  FULMAR_ASSERT(live_fibers_ == 0);
  auto** link = &scheduler_.first_domain_;
  while (*link != this) link = &(*link)->next_domain_;
  *link = next_domain_;
}

void Domain::spawn(std::string_view name, FiberTask task) {
  root_->spawn(name, std::move(task));
}

void Domain::cancel() noexcept {
  cancelled_ = true;
  for (auto* fiber = first_; fiber; fiber = fiber->domain_next_) fiber->request_cancel();
}

void Domain::pause() {
  FULMAR_ASSERT(!paused_);
  paused_ = true;
  while (auto* fiber = scheduler_.dequeue(*this)) held_.push_back(fiber);
}

void Domain::resume() {
  FULMAR_ASSERT(paused_);
  paused_ = false;
  for (auto* fiber : std::exchange(held_, {})) scheduler_.enqueue(*fiber);
}

}  // namespace fulmar
