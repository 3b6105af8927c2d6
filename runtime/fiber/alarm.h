// Alarm: calls a function at an instant, without a fiber that waits for it.
#pragma once

#include <functional>
#include <utility>

#include "runtime/fiber/scheduler.h"
#include "runtime/fiber/timer.h"

namespace fulmar {

class Alarm final : private Timer {
 public:
  // `ring` is called on the shard, from no fiber: it must not wait. It may set the alarm again.
  explicit Alarm(std::move_only_function<void()> ring) : ring_(std::move(ring)) {}
  virtual ~Alarm() { cancel(); }
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;

  // Replaces the time that was set before, if any. An alarm for a past time rings soon, but not within this call.
  void set(Instant at) {
    cancel();
    Scheduler::current().arm(*this, at);
  }
  void cancel() {
    if (armed()) Scheduler::current().disarm(*this);
  }
  bool is_set() const { return armed(); }
  Instant at() const { return when(); }  // if it is set

 private:
  void fire() noexcept override { ring_(); }
  std::move_only_function<void()> ring_;
};

}  // namespace fulmar
