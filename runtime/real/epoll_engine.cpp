// The engine on epoll. Sockets are watched edge-triggered: one system call per descriptor, none per wait. Files have no
// readiness, so operations that may wait for a device run in a few threads.
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "runtime/base/assert.h"
#include "runtime/fiber/scheduler.h"
#include "runtime/host/network.h"
#include "runtime/real/engine.h"
#include "runtime/real/reactor.h"

namespace fulmar {

namespace {

constexpr int file_threads = 16;  // of a shard: syncs at the same time share the file system's commits

long execute(const FileOperation& operation) {
  long done = 0;
  switch (operation.kind) {
    case FileOperation::Kind::read:
      done = preadv(operation.fd, operation.buffers.data(), static_cast<int>(operation.buffers.size()),
                    static_cast<off_t>(operation.offset));
      break;
    case FileOperation::Kind::sync_data: done = fdatasync(operation.fd); break;
    case FileOperation::Kind::sync_all: done = fsync(operation.fd); break;
  }
  return done < 0 ? -errno : done;
}

class FileThreads {
 public:
  explicit FileThreads(Reactor& reactor) : reactor_(reactor) {
    for (int i = 0; i < file_threads; ++i) threads_.emplace_back([this] { work(); });
  }
  ~FileThreads() {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    for (auto& thread : threads_) thread.join();
  }

  long run(const FileOperation& operation) {
    Job job{operation, *Fiber::current(), 0};
    {
      std::lock_guard lock(mutex_);
      jobs_.push_back(&job);
    }
    changed_.notify_one();
    reactor_.suspend(nullptr);
    return job.result;
  }

 private:
  struct Job {
    const FileOperation& operation;
    Fiber& fiber;
    long result;
  };

  void work() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
      if (jobs_.empty()) return;
      auto* job = jobs_.front();
      jobs_.pop_front();
      lock.unlock();
      job->result = execute(job->operation);
      reactor_.send([this, job] { reactor_.make_ready(job->fiber); });
      lock.lock();
    }
  }

  Reactor& reactor_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job*> jobs_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

class EpollEngine final : public IoEngine {
 public:
  explicit EpollEngine(Reactor& reactor)
      : epoll_(epoll_create1(EPOLL_CLOEXEC)), wake_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)), files_(reactor) {
    FULMAR_ASSERT(epoll_ >= 0 && wake_ >= 0);
    epoll_event event{.events = EPOLLIN, .data = {.fd = wake_}};
    FULMAR_ASSERT(epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_, &event) == 0);
  }
  ~EpollEngine() override {
    close(wake_);
    close(epoll_);
  }

  void poll(Duration timeout) override {
    std::array<epoll_event, 256> events;
    timespec limit{timeout.count() / 1'000'000'000, timeout.count() % 1'000'000'000};
    int count = epoll_pwait2(epoll_, events.data(), events.size(), timeout.count() < 0 ? nullptr : &limit, nullptr);
    for (int i = 0; i < count; ++i) {
      auto& event = events[static_cast<std::size_t>(i)];
      if (event.data.fd == wake_) {
        std::uint64_t count_of_wakes = 0;
        [[maybe_unused]] auto drained = read(wake_, &count_of_wakes, sizeof count_of_wakes);
        continue;
      }
      auto found = watched_.find(event.data.fd);
      if (found == watched_.end()) continue;
      auto& watched = found->second;
      if (event.events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) {
        watched.readable.wake_all();
        tell(watched.read_watch);
      }
      if (event.events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) {
        watched.writable.wake_all();
        tell(watched.write_watch);
      }
    }
  }

  void wake() override {
    std::uint64_t one = 1;
    [[maybe_unused]] auto written = write(wake_, &one, sizeof one);
  }

  WaitResult wait_ready(int fd, bool writable, Deadline deadline) override {
    auto& watched = watched_descriptor(fd);
    return (writable ? watched.writable : watched.readable).wait(deadline);
  }

  void watch(int fd, bool writable, IoWatch& watch) override {
    auto& watched = watched_descriptor(fd);
    (writable ? watched.write_watch : watched.read_watch) = &watch;
    // Readiness before the watch is not reported again.
    pollfd now{.fd = fd, .events = static_cast<short>(writable ? POLLOUT : POLLIN | POLLRDHUP), .revents = 0};
    if (::poll(&now, 1, 0) > 0) tell(writable ? watched.write_watch : watched.read_watch);
  }

  void unwatch(int fd, bool writable, IoWatch& watch) override {
    watch.listener = nullptr;
    auto found = watched_.find(fd);
    if (found != watched_.end()) (writable ? found->second.write_watch : found->second.read_watch) = nullptr;
  }

  void forget(int fd) override {
    auto found = watched_.find(fd);
    if (found == watched_.end()) return;
    epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);
    watched_.erase(found);
  }

  long run(const FileOperation& operation) override { return files_.run(operation); }

  const char* name() const override { return "epoll"; }

 private:
  struct Watched {
    WaitList readable;
    WaitList writable;
    IoWatch* read_watch = nullptr;
    IoWatch* write_watch = nullptr;
  };

  Watched& watched_descriptor(int fd) {
    auto [found, added] = watched_.try_emplace(fd);
    if (added) {
      epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data = {.fd = fd}};
      FULMAR_ASSERT(epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) == 0);
    }
    return found->second;
  }

  static void tell(IoWatch*& watch) {
    if (!watch) return;
    if (auto* listener = std::exchange(std::exchange(watch, nullptr)->listener, nullptr)) listener->ready();
  }

  int epoll_;
  int wake_;
  std::map<int, Watched> watched_;
  FileThreads files_;
};

}  // namespace

std::unique_ptr<IoEngine> make_epoll_engine(Reactor& reactor) {
  return std::make_unique<EpollEngine>(reactor);
}

}  // namespace fulmar
