#include "runtime/real/process.h"

#include <pthread.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <csignal>

#include <atomic>
#include <latch>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "runtime/base/assert.h"
#include "runtime/fiber/scheduler.h"
#include "runtime/real/clock_and_entropy.h"
#include "runtime/real/files.h"
#include "runtime/real/sockets.h"

namespace fulmar {

namespace {

class RealHost;

// Descriptors that are not counted: standard streams, signals; rings, event descriptors.
constexpr std::size_t descriptors_of_process = 8;
constexpr std::size_t descriptors_of_shard = 4;

// Returns the limit that the system now allows this process.
std::size_t raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  if (limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) getrlimit(RLIMIT_NOFILE, &limit);
  }
  return limit.rlim_cur;
}

struct Process {
  const ProcessOptions& options;
  LogSink& sink;
  std::size_t descriptors_max;
  Event stop_requested{};  // belongs to shard 0
  std::vector<RealHost*> shards{};
};

class RealHost final : public Host {
 public:
  RealHost(Process& process, Reactor& reactor, unsigned shard)
      : process_(process),
        reactor_(reactor),
        shard_(shard),
        domain_(reactor, "shard"),
        clock_(reactor),
        disk_(reactor, process.options.data_directory),
        network_(reactor),
        log_(process.sink, "main") {}

  unsigned shard() const override { return shard_; }
  unsigned shard_count() const override { return process_.options.shards; }
  Clock& clock() override { return clock_; }
  Disk& disk() override {
    FULMAR_ASSERT(!process_.options.data_directory.empty());
    return disk_;
  }
  Network& network() override { return network_; }
  Entropy& entropy() override { return entropy_; }
  Logger& log() override { return log_; }
  Event& stop_requested() override { return process_.stop_requested; }
  Descriptors descriptors() override;

  void post(unsigned n, FiberGroup* group, std::move_only_function<void(Host&)> fn) override {
    auto& target = *process_.shards[n];
    target.reactor_.send([&target, group, fn = std::move(fn)]() mutable {
      auto& in = group ? *group : target.domain_.root();
      in.spawn("post", [&target, fn = std::move(fn)]() mutable { fn(target); });
    });
  }

  Reactor& reactor() { return reactor_; }
  Domain& domain() { return domain_; }

 protected:
  void run_on(unsigned n, FiberGroup* group, RemoteCall& call) override;

 private:
  struct Crossing;

  Process& process_;
  Reactor& reactor_;
  unsigned shard_;
  Domain domain_;
  RealClock clock_;
  RealDisk disk_;
  RealNetwork network_;
  RealEntropy entropy_;
  Logger log_;
};

Descriptors RealHost::descriptors() {
  Descriptors known{.limit = process_.descriptors_max, .in_use = descriptors_of_process};
  for (auto* shard : process_.shards)
    known.in_use += descriptors_of_shard + shard->reactor_.descriptors().load(std::memory_order_relaxed);
  return known;
}

// A call in progress; in the frame of the caller, which waits until the remote fiber has ended, whatever happens.
// `remote` and `cancelled` belong to the remote shard; so does `completed`, until the answer is sent.
struct RealHost::Crossing final : Blocker {
  Crossing(RealHost& f, RealHost& t, RemoteCall& c) : from(f), to(t), call(c), caller(*Fiber::current()) {}
  virtual ~Crossing() = default;

  // On the caller's shard. Messages stay in order: this one arrives after the remote fiber has begun, or has ended with
  // the answer on its way.
  void cancel() noexcept override {
    cancel_sent = true;
    to.reactor_.send([this] {
      cancelled = true;
      if (remote) remote->request_cancel();
      from.reactor_.send([this] {
        cancel_sent = false;
        if (answered) from.reactor_.make_ready(caller);
      });
    });
  }

  RealHost& from;
  RealHost& to;
  RemoteCall& call;
  Fiber& caller;
  Fiber* remote = nullptr;
  bool cancelled = false;
  bool completed = false;
  bool cancel_sent = false;
  bool answered = false;
};

void RealHost::run_on(unsigned n, FiberGroup* group, RemoteCall& call) {
  check_cancelled();
  Crossing crossing(*this, *process_.shards[n], call);
  crossing.to.reactor_.send([&crossing, group] {
    struct Ended {
      explicit Ended(Crossing& c) : crossing(&c) {}
      Ended(Ended&& other) noexcept : crossing(std::exchange(other.crossing, nullptr)) {}
      ~Ended() {
        if (!crossing) return;
        auto& c = *crossing;
        c.remote = nullptr;
        c.from.reactor_.send([&c] {
          c.answered = true;
          // A cancellation on its way still refers to the frame: it wakes the caller when it returns.
          if (!c.cancel_sent) c.from.reactor_.make_ready(c.caller);
        });
      }
      Crossing* crossing;
    };
    auto& in = group ? *group : crossing.to.domain_.root();
    in.spawn("call", [ended = Ended(crossing)]() {
      auto& c = *ended.crossing;
      if (c.cancelled) return;
      c.remote = Fiber::current();
      c.call.run(c.to);
      c.completed = true;
    });
  });
  reactor_.suspend(&crossing);
  if (!crossing.completed) throw FiberCancelled();
  check_cancelled();
}

// SIGTERM and SIGINT as readable descriptors, blocked in every thread; a closed pipe becomes an error of write().
// SIGHUP, by which other programs reopen their log files, is ignored: the log goes to standard error.
class Signals {
 public:
  explicit Signals(bool enabled) {
    if (!enabled) return;
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGHUP, SIG_IGN);
    sigemptyset(&set_);
    sigaddset(&set_, SIGTERM);
    sigaddset(&set_, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set_, &before_);
    fd_ = signalfd(-1, &set_, SFD_NONBLOCK | SFD_CLOEXEC);
    FULMAR_ASSERT(fd_ >= 0);
  }
  ~Signals() {
    if (fd_ < 0) return;
    // Consumes pending signals: unblocked now, one would kill a process that has stopped in order.
    signalfd_siginfo taken;
    while (read(fd_, &taken, sizeof taken) > 0) continue;
    close(fd_);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  int fd() const { return fd_; }

 private:
  sigset_t set_{};
  sigset_t before_{};
  int fd_ = -1;
};

}  // namespace

std::unique_ptr<Disk> real_disk_at(Host& host, std::string directory) {
  return std::make_unique<RealDisk>(static_cast<RealHost&>(host).reactor(), std::move(directory));
}

Result<int> run_real_process(const ProcessOptions& options, const std::function<int(Host&)>& main) {
  FULMAR_ASSERT(options.shards >= 1);
  Signals signals(options.handle_signals);
  FULMAR_TRY(auto sink, make_log_sink(options.log));
  Process process{.options = options, .sink = *sink, .descriptors_max = raise_descriptor_limit()};
  process.shards.resize(options.shards);
  std::latch started(options.shards);
  std::latch ended(options.shards);
  std::atomic<bool> refused{false};
  std::atomic<bool> over{false};

  auto run_shard = [&](unsigned n, const std::function<void(RealHost&, Reactor&)>& body) {
    // As `top -H` shows it; the first thread's name is the process' own.
    if (n > 0) pthread_setname_np(pthread_self(), ("shard-" + std::to_string(n)).c_str());
    Reactor reactor(options.backend);
    if (!reactor.usable()) refused = true;
    {
      RealHost host(process, reactor, n);
      process.shards[n] = &host;
      started.arrive_and_wait();
      if (!refused) {
        body(host, reactor);
        host.domain().cancel();
        reactor.run_until([&] { return host.domain().live_fibers() == 0; });
      }
      // Others may still send messages here: all threads end together.
      ended.arrive_and_wait();
    }
  };

  std::vector<std::thread> threads;
  for (unsigned n = 1; n < options.shards; ++n) {
    threads.emplace_back(
        [&, n] { run_shard(n, [&](RealHost&, Reactor& reactor) { reactor.run_until([&] { return over.load(); }); }); });
  }
  std::optional<int> code;
  run_shard(0, [&](RealHost& host, Reactor& reactor) {
    if (signals.fd() >= 0) {
      host.domain().spawn("signals", [&] {
        reactor.engine().wait_ready(signals.fd(), false, Deadline::never());
        process.stop_requested.set();
      });
    }
    host.domain().spawn("main", [&] { code = main(host); });
    reactor.run_until([&] { return code.has_value(); });
    over = true;
    for (unsigned n = 1; n < options.shards; ++n) process.shards[n]->reactor().send([] {});
  });
  for (auto& thread : threads) thread.join();
  if (refused) return fail(Errc::unsupported, "the kernel refuses io_uring; use --io=epoll or --io=auto");
  return *code;
}

}  // namespace fulmar
