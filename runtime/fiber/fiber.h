// Fiber: one thread of straight-line, blocking code, on a stack of its own, run by its shard's Scheduler.
//
// This is the mechanism for runtime/ and sim/: the control block, suspension and cancellation. Broker code uses the
// primitives (group.h, event.h, mutex.h, ...) and never needs this header.
//
// Cancellation: a cancelled fiber's current wait ends, and it and every later one throws FiberCancelled, which unwinds
// the fiber to its entry. Only waits are cancellation points. Only the fiber's entry catches FiberCancelled.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

namespace fulmar {

class Domain;
class FiberGroup;
class Scheduler;
class StackPool;
class WorkMeter;

using FiberTask = std::move_only_function<void()>;

struct FiberCancelled {};

// Represents what a suspended fiber waits for. cancel() is called once, on the fiber's shard, if the fiber is cancelled
// while suspended; it must cause the fiber to be made ready, at once or (if the system still has the operation) later.
class Blocker {
 public:
  virtual void cancel() noexcept = 0;

 protected:
  ~Blocker() = default;
};

struct FiberStack;  // stack_pool.h

class Fiber {
 public:
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  // The fiber that is running on this thread; null in the scheduler's own context.
  static Fiber* current() noexcept;

  std::string_view name() const { return name_; }
  std::uint64_t id() const { return id_; }  // counts up per scheduler, so it is the same in each run of a seed
  Domain& domain() const { return *domain_; }

  // Whether its waits end now: it is cancelled, and has no CancellationShield.
  bool cancel_requested() const noexcept;
  // Asks the fiber to end at its next wait, or at the present one. Same shard only.
  void request_cancel() noexcept;

 private:
  friend class CancellationShield;
  friend class Domain;
  friend class FiberGroup;
  friend class Scheduler;
  friend struct FiberEntry;
  friend struct FiberStack;
  friend class WorkMeter;
  Fiber() = default;
  ~Fiber() = default;

  enum class State : unsigned char { ready, running, suspended, finished };

  FiberStack* stack_ = nullptr;
  Domain* domain_ = nullptr;
  FiberGroup* group_ = nullptr;
  Blocker* blocker_ = nullptr;
  std::string_view name_;
  std::uint64_t id_ = 0;
  FiberTask task_;
  State state_ = State::finished;
  bool cancel_requested_ = false;
  int shields_ = 0;
  WorkMeter* meter_ = nullptr;

  Fiber* group_next_ = nullptr;  // in its group's list
  Fiber* group_previous_ = nullptr;
  Fiber* domain_next_ = nullptr;  // in its domain's list
  Fiber* domain_previous_ = nullptr;

 public:
  Fiber* ready_next = nullptr;  // for the scheduler's ready queue, whatever its kind
};

// CancellationShield: lets a fiber finish what it has begun. While one exists, the fiber's waits neither end nor throw
// because of a cancellation; the first wait after it does. Only the death of the whole process overrides it.
class CancellationShield {
 public:
  CancellationShield() : fiber_(*Fiber::current()) { ++fiber_.shields_; }
  CancellationShield(const CancellationShield&) = delete;
  CancellationShield& operator=(const CancellationShield&) = delete;
  ~CancellationShield() { --fiber_.shields_; }

 private:
  Fiber& fiber_;
};

// Throws FiberCancelled if the current fiber was asked to end. Long computations may call it.
void check_cancelled();

}  // namespace fulmar
