// The engine on io_uring: one ring per shard. File operations are submitted directly; sockets are tried first and then
// polled for, so that there is a submission only if a fiber has to wait.
#include <liburing.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <list>
#include <utility>

#include "runtime/base/assert.h"
#include "runtime/fiber/scheduler.h"
#include "runtime/host/network.h"
#include "runtime/real/engine.h"
#include "runtime/real/reactor.h"

namespace fulmar {

namespace {

constexpr unsigned ring_entries = 1024;
// By default the kernel lets four operations per core wait for the device. Syncs that wait at the same time share a
// commit of the file system, so more of them need fewer commits.
constexpr unsigned file_workers_max = 64;

class UringEngine final : public IoEngine {
 public:
  explicit UringEngine(Reactor& reactor) : reactor_(reactor) {}
  ~UringEngine() override {
    if (!ready_) return;
    io_uring_queue_exit(&ring_);
    close(wake_);
  }

  bool open() {
    if (io_uring_queue_init(ring_entries, &ring_, 0) != 0) return false;
    unsigned workers[2] = {file_workers_max, 0};          // for files; 0: keep the number for others
    io_uring_register_iowq_max_workers(&ring_, workers);  // kernels before 5.15 keep their own number
    wake_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    FULMAR_ASSERT(wake_ >= 0);
    ready_ = true;
    watch_wake();
    return true;
  }

  void poll(Duration timeout) override {
    io_uring_cqe* completion = nullptr;
    if (timeout.count() == 0) {
      io_uring_submit_and_get_events(&ring_);
    } else if (timeout.count() < 0) {
      io_uring_submit_and_wait(&ring_, 1);
    } else {
      __kernel_timespec limit{timeout.count() / 1'000'000'000, timeout.count() % 1'000'000'000};
      io_uring_submit_and_wait_timeout(&ring_, &completion, 1, &limit, nullptr);
    }
    unsigned head = 0;
    unsigned seen = 0;
    io_uring_for_each_cqe(&ring_, head, completion) {
      ++seen;
      auto* pending = static_cast<Pending*>(io_uring_cqe_get_data(completion));
      if (!pending) continue;  // the result of a cancellation, or of the engine's own timeout
      if (pending == &wake_pending_) {
        std::uint64_t count_of_wakes = 0;
        [[maybe_unused]] auto drained = read(wake_, &count_of_wakes, sizeof count_of_wakes);
        rewatch_ = true;
        continue;
      }
      if (auto* watching = pending->watching) {
        auto* watch = watching->watch;
        watches_.erase(watching->self);
        if (!watch) continue;
        watch->pending = nullptr;
        if (auto* listener = std::exchange(watch->listener, nullptr)) listener->ready();
        continue;
      }
      pending->result = completion->res;
      pending->done = true;
      reactor_.make_ready(*pending->fiber);
    }
    io_uring_cq_advance(&ring_, seen);
    if (rewatch_) watch_wake();
  }

  void wake() override {
    std::uint64_t one = 1;
    [[maybe_unused]] auto written = write(wake_, &one, sizeof one);
  }

  WaitResult wait_ready(int fd, bool writable, Deadline deadline) override {
    check_cancelled();
    if (!deadline.is_never() && deadline.at <= reactor_.now()) return WaitResult::timed_out;
    PollWait wait(*this);
    wait.fiber = Fiber::current();
    auto* entry = next_entry();
    io_uring_prep_poll_add(entry, fd, writable ? POLLOUT : POLLIN | POLLRDHUP);
    io_uring_sqe_set_data(entry, static_cast<Pending*>(&wait));
    if (!deadline.is_never()) reactor_.arm(wait, deadline.at);
    // The kernel may write to the operation until it has completed: this waits for that, also after a cancellation.
    reactor_.suspend(&wait);
    FULMAR_ASSERT(wait.done);
    reactor_.disarm(wait);
    if (wait.result >= 0) return WaitResult::woken;
    check_cancelled();
    return wait.timed_out ? WaitResult::timed_out : WaitResult::woken;
  }

  void watch(int fd, bool writable, IoWatch& watch) override {
    auto& watching = watches_.emplace_front();
    watching.self = watches_.begin();
    watching.watching = &watching;
    watching.watch = &watch;
    watch.pending = &watching;
    auto* entry = next_entry();
    io_uring_prep_poll_add(entry, fd, writable ? POLLOUT : POLLIN | POLLRDHUP);
    io_uring_sqe_set_data(entry, static_cast<Pending*>(&watching));
  }

  // The kernel still has it: it is freed on completion.
  void unwatch(int, bool, IoWatch& watch) override {
    watch.listener = nullptr;
    auto* watching = static_cast<Watching*>(std::exchange(watch.pending, nullptr));
    if (!watching) return;
    watching->watch = nullptr;
    auto* entry = next_entry();
    io_uring_prep_poll_remove(entry, reinterpret_cast<std::uintptr_t>(static_cast<Pending*>(watching)));
    io_uring_sqe_set_data(entry, nullptr);
  }

  // A poll that is not submitted yet must not be applied to the next descriptor with that number.
  void forget(int) override {
    if (io_uring_sq_ready(&ring_) > 0) io_uring_submit(&ring_);
  }

  long run(const FileOperation& operation) override {
    Pending pending;
    pending.fiber = Fiber::current();
    auto* entry = next_entry();
    auto count = static_cast<unsigned>(operation.buffers.size());
    switch (operation.kind) {
      case FileOperation::Kind::read:
        io_uring_prep_readv(entry, operation.fd, operation.buffers.data(), count, operation.offset);
        break;
      case FileOperation::Kind::sync_data: io_uring_prep_fsync(entry, operation.fd, IORING_FSYNC_DATASYNC); break;
      case FileOperation::Kind::sync_all: io_uring_prep_fsync(entry, operation.fd, 0); break;
    }
    io_uring_sqe_set_data(entry, &pending);
    reactor_.suspend(nullptr);
    FULMAR_ASSERT(pending.done);
    return pending.result;
  }

  const char* name() const override { return "io_uring"; }

 private:
  struct Watching;
  // An operation that the kernel has; in the frame of the waiting fiber, or a Watching.
  struct Pending {
    Watching* watching = nullptr;
    Fiber* fiber = nullptr;
    int result = 0;
    bool done = false;
  };

  struct Watching final : Pending {
    std::list<Watching>::iterator self;
    IoWatch* watch = nullptr;  // null: nobody is to be notified
  };

  struct PollWait final : Pending, Blocker, Timer {
    explicit PollWait(UringEngine& e) : engine(e) {}
    virtual ~PollWait() = default;
    void cancel() noexcept override { engine.cancel(*this); }
    void fire() noexcept override {
      timed_out = true;
      engine.cancel(*this);
    }
    UringEngine& engine;
    bool timed_out = false;
  };

  void cancel(PollWait& wait) {
    if (wait.done) return;
    auto* entry = next_entry();
    io_uring_prep_poll_remove(entry, reinterpret_cast<std::uintptr_t>(static_cast<Pending*>(&wait)));
    io_uring_sqe_set_data(entry, nullptr);
  }

  io_uring_sqe* next_entry() {
    auto* entry = io_uring_get_sqe(&ring_);
    if (!entry) {
      io_uring_submit(&ring_);
      entry = io_uring_get_sqe(&ring_);
    }
    FULMAR_ASSERT(entry != nullptr);
    return entry;
  }

  void watch_wake() {
    rewatch_ = false;
    auto* entry = next_entry();
    io_uring_prep_poll_add(entry, wake_, POLLIN);
    io_uring_sqe_set_data(entry, &wake_pending_);
  }

  Reactor& reactor_;
  io_uring ring_{};
  int wake_ = -1;
  bool ready_ = false;
  bool rewatch_ = false;
  Pending wake_pending_;
  std::list<Watching> watches_;
};

}  // namespace

std::unique_ptr<IoEngine> make_uring_engine(Reactor& reactor) {
  auto engine = std::make_unique<UringEngine>(reactor);
  if (!engine->open()) return nullptr;
  return engine;
}

}  // namespace fulmar
