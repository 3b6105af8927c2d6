// SimScheduler: virtual time. Of the fibers that can run, the seed chooses one, so that lives differ in interleaving
// and not only in timing; if none can run, time jumps to the next event. The seed also orders events of the same
// instant.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "runtime/base/random.h"
#include "runtime/fiber/scheduler.h"
#include "sim/trace.h"

namespace fulmar {

class SimScheduler final : public Scheduler {
 public:
  SimScheduler(Trace& trace, Random random);
  ~SimScheduler() override;

  Instant now() const override { return now_; }
  void arm(Timer& timer, Instant when) override;
  void disarm(Timer& timer) override { timers_.disarm(timer); }

  // Calls `action` at `when`, in the scheduler's context. It can't be cancelled.
  void at(Instant when, std::move_only_function<void()> action);

  // Calls `action` before the first step after `events` events of the trace. To be called for ascending events.
  void at_event(std::uint64_t events, std::move_only_function<void()> action);
  // The choices from now on come from these streams.
  void reseed(const Random& random);

  // Runs one fiber, or fires one timer if that is due by `until`. False if there is neither.
  bool step(Instant until);
  // Moves the clock to `until`; nothing may happen before.
  void advance(Instant until) { now_ = std::max(now_, until); }

  // Steps since the clock last moved: if there are too many, the world is caught in a loop.
  std::uint64_t steps_this_instant() const { return steps_this_instant_; }

 protected:
  void enqueue(Fiber& fiber) override { ready_.push_back(&fiber); }
  Fiber* dequeue(Domain& domain) override;

 private:
  struct Action;
  struct AtEvent {
    std::uint64_t events;
    std::move_only_function<void()> action;
  };

  Trace& trace_;
  Random choices_;
  Random ties_;
  Instant now_;
  TimerHeap timers_;
  std::vector<Fiber*> ready_;
  std::uint64_t steps_this_instant_ = 0;
  std::deque<AtEvent> at_events_;
  std::vector<std::unique_ptr<Action>> actions_;  // by slot; destroyed with the world
  std::vector<std::size_t> free_slots_;
};

}  // namespace fulmar
