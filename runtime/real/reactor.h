// Reactor: the scheduler of one shard's thread: fibers in order of readiness, timers, the kernel's completions, and
// messages of other threads.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "runtime/fiber/scheduler.h"
#include "runtime/host/process_usage.h"
#include "runtime/real/engine.h"
#include "runtime/real/io_backend.h"

namespace fulmar {

class Reactor final : public Scheduler {
 public:
  using Message = std::move_only_function<void()>;

  // The engine is null if io_uring was asked for and the kernel refuses it.
  explicit Reactor(IoBackend backend);
  ~Reactor() override;
  bool usable() const { return engine_ != nullptr; }

  Instant now() const override;
  Instant work_clock() const override { return now(); }
  void arm(Timer& timer, Instant when) override { timers_.arm(timer, when, 0); }
  void disarm(Timer& timer) override { timers_.disarm(timer); }
  IoEngine& engine() { return *engine_; }
  // The number of open files and sockets; any thread may read it.
  std::atomic<std::size_t>& descriptors() { return descriptors_; }
  DiskUsage& disk_usage() { return disk_usage_; }  // of this shard; on its thread

  // Runs `message` in the reactor's context soon, in the order of sending. From any thread.
  void send(Message message);
  // Runs until `done` returns true; it is called between turns.
  void run_until(const std::function<bool()>& done);

 protected:
  void enqueue(Fiber& fiber) override;
  Fiber* dequeue(Domain& domain) override;

 private:
  static constexpr int fibers_per_turn_max = 256;  // before timers and the kernel get their turn
  void receive();

  std::unique_ptr<IoEngine> engine_;
  TimerHeap timers_;
  Fiber* ready_first_ = nullptr;
  Fiber* ready_last_ = nullptr;
  std::mutex inbox_mutex_;
  std::vector<Message> inbox_;
  std::atomic<bool> asleep_{false};
  std::atomic<std::size_t> descriptors_{0};
  DiskUsage disk_usage_;
};

}  // namespace fulmar
