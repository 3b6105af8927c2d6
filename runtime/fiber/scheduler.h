// Scheduler: runs fibers on one thread, one at a time, until each waits. A world (runtime/real, sim/) derives from it,
// chooses which ready fiber is next, and provides the time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "runtime/base/time.h"
#include "runtime/fiber/fiber.h"
#include "runtime/fiber/stack_pool.h"
#include "runtime/fiber/timer.h"

namespace fulmar {

class Scheduler {
 public:
  Scheduler();
  virtual ~Scheduler();  // no fiber may be alive
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  // The scheduler whose fibers this thread runs; asserted to exist.
  static Scheduler& current() noexcept;

  virtual Instant now() const = 0;
  // Fires `timer` once `when` has come, in the scheduler's context, unless it is disarmed first.
  virtual void arm(Timer& timer, Instant when) = 0;
  virtual void disarm(Timer& timer) = 0;

  // Suspends the current fiber until make_ready() is called for it. If it is cancelled meanwhile, `blocker` is called;
  // with null the wait can't be cancelled. Returns whatever woke it: the caller recognises a cancellation by its
  // blocker.
  void suspend(Blocker* blocker);
  // Makes a suspended fiber ready; to be called once per suspension, on the scheduler's thread.
  void make_ready(Fiber& fiber);
  // Lets the other ready fibers run first. A cancellation point.
  void yield();

  // Adds to the computing time that the running fiber has declared; see slices.h.
  void declare_work(Duration work) noexcept;
  // The time that the running or last fiber has declared since it was switched to, multiplied by its domain's factor.
  Duration work_of_step() const { return work_of_step_; }
  // A clock that goes on while a fiber computes; for WorkMeter.
  virtual Instant work_clock() const { return now() + work_of_step_; }

  // Runs the fibers of these domains, and no others, until none of them is alive. Asserts that none waits for anything
  // but another of them: to be used after Domain::cancel(). From the scheduler's context only.
  void drain(std::span<Domain* const> domains);

  std::size_t live_fibers() const { return live_fibers_; }
  std::uint64_t switches() const { return switches_; }

 protected:
  // The derived class has the ready queue: it must run each fiber of enqueue() once, by run(). `dequeue` removes a
  // ready fiber of one domain out of order (for drain); null if there is none.
  virtual void enqueue(Fiber& fiber) = 0;
  virtual Fiber* dequeue(Domain& domain) = 0;
  // Switches to a ready fiber; returns when it waits or has ended. From the scheduler's context only.
  void run(Fiber& fiber);

 private:
  friend class Domain;
  friend class Fiber;
  friend class FiberGroup;
  friend struct FiberEntry;
  friend struct FiberStack;

  Fiber& start(Domain& domain, FiberGroup& group, std::string_view name, FiberTask task);
  void finish(Fiber& fiber);
  void switch_out();

  StackPool stacks_;
  void* context_ = nullptr;  // the scheduler's own, while a fiber runs
  const void* thread_stack_bottom_ = nullptr;
  std::size_t thread_stack_size_ = 0;
  void* tsan_thread_ = nullptr;
  std::size_t live_fibers_ = 0;
  std::uint64_t next_fiber_id_ = 0;
  std::uint64_t switches_ = 0;
  Duration work_of_step_{0};

  // For the debugger (fibers_gdb.py): the process' schedulers, and each one's domains.
  static Scheduler* first_scheduler_;
  Scheduler* next_scheduler_ = nullptr;
  Domain* first_domain_ = nullptr;
};

// Fibers that live, pause and end together: those of one shard of one process.
class Domain {
 public:
  Domain(Scheduler& scheduler, std::string_view name);
  virtual ~Domain();  // no fiber may be alive
  Domain(const Domain&) = delete;
  Domain& operator=(const Domain&) = delete;

  // Starts a fiber that belongs to the domain and no group. Worlds start a process' main this way.
  void spawn(std::string_view name, FiberTask task);
  FiberGroup& root() { return *root_; }

  // Asks all fibers to end, at once: the end of a process.
  void cancel() noexcept;
  bool cancelled() const { return cancelled_; }
  // While paused, no fiber of the domain runs; those that become ready run in that order after resume().
  void pause();
  void resume();
  bool paused() const { return paused_; }

  // The factor by which its computing takes longer than declared; at least 1.
  unsigned work_factor() const { return work_factor_; }
  void set_work_factor(unsigned factor) { work_factor_ = factor; }
  // Called after each step of one of its fibers, with its name, in worlds where computing takes time.
  virtual void stepped([[maybe_unused]] std::string_view fiber) {}

  std::size_t live_fibers() const { return live_fibers_; }
  Scheduler& scheduler() const { return scheduler_; }
  std::string_view name() const { return name_; }

 private:
  friend class Scheduler;
  Scheduler& scheduler_;
  std::string_view name_;
  Domain* next_domain_ = nullptr;  // of the scheduler's
  Fiber* first_ = nullptr;
  std::size_t live_fibers_ = 0;
  bool paused_ = false;
  bool cancelled_ = false;
  unsigned work_factor_ = 1;
  std::vector<Fiber*> held_;
  std::unique_ptr<FiberGroup> root_;
};

}  // namespace fulmar
