#include "sim/scheduler.h"

#include <algorithm>
#include <utility>

#include "runtime/base/assert.h"

namespace fulmar {

struct SimScheduler::Action final : Timer {
  Action(SimScheduler& s, std::size_t i) : scheduler(s), slot(i) {}

  void fire() noexcept override {
    auto call = std::move(action);
    scheduler.free_slots_.push_back(slot);
    call();
  }

  SimScheduler& scheduler;
  std::size_t slot;
  std::move_only_function<void()> action;
};

SimScheduler::SimScheduler(Trace& trace, Random random)
    : trace_(trace), choices_(random.split("fiber choice")), ties_(random.split("event order")) {}

SimScheduler::~SimScheduler() {
  for (auto& action : actions_) timers_.disarm(*action);
}

void SimScheduler::arm(Timer& timer, Instant when) {
  timers_.arm(timer, std::max(when, now_), ties_.next());
}

void SimScheduler::at(Instant when, std::move_only_function<void()> action) {
  if (free_slots_.empty()) {
    free_slots_.push_back(actions_.size());
    actions_.push_back(std::make_unique<Action>(*this, actions_.size()));
  }
  auto& next = *actions_[free_slots_.back()];
  free_slots_.pop_back();
  next.action = std::move(action);
  arm(next, when);
}

void SimScheduler::at_event(std::uint64_t events, std::move_only_function<void()> action) {
  FULMAR_ASSERT(at_events_.empty() || at_events_.back().events <= events);
  at_events_.push_back({events, std::move(action)});
}

void SimScheduler::reseed(const Random& random) {
  choices_ = random.split("fiber choice");
  ties_ = random.split("event order");
}

bool SimScheduler::step(Instant until) {
  while (!at_events_.empty() && trace_.events() >= at_events_.front().events) {
    auto due = std::move(at_events_.front());
    at_events_.pop_front();
    due.action();
  }
  if (!ready_.empty()) {
    auto chosen = ready_.size() == 1 ? 0 : choices_.below(ready_.size());
    Fiber& fiber = *ready_[chosen];
    ready_[chosen] = ready_.back();
    ready_.pop_back();
    trace_.event(Trace::Kind::fiber, now_, fiber.id());
    ++steps_this_instant_;
    auto& domain = fiber.domain();
    auto name = fiber.name();
    run(fiber);
    domain.stepped(name);
    return true;
  }
  if (timers_.empty() || timers_.earliest() > until) return false;
  if (timers_.earliest() > now_) steps_this_instant_ = 0;
  ++steps_this_instant_;
  now_ = timers_.earliest();
  trace_.event(Trace::Kind::timer, now_, timers_.size());
  timers_.pop().fire();
  return true;
}

Fiber* SimScheduler::dequeue(Domain& domain) {
  auto found = std::find_if(ready_.begin(), ready_.end(), [&](Fiber* fiber) { return &fiber->domain() == &domain; });
  if (found == ready_.end()) return nullptr;
  auto* fiber = *found;
  ready_.erase(found);
  return fiber;
}

}  // namespace fulmar
