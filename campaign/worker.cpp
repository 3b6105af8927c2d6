#include "campaign/worker.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "campaign/crash_report.h"
#include "campaign/life_wire.h"
#include "campaign/stack_names.h"
#include "runtime/base/assert.h"

namespace fulmar {

namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr double waits_factor = 10;  // the limit of a life that takes no CPU time is so many times longer
constexpr std::size_t stderr_bytes_max = 8000;
constexpr int idle_ms = 250;

double seconds_since(SteadyClock::time_point from) {
  return std::chrono::duration<double>(SteadyClock::now() - from).count();
}

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

volatile std::sig_atomic_t interrupted = 0;

// Whether all of it was written; not if the other side has ended.
bool write_all(int fd, const std::string& text) {
  for (std::size_t at = 0; at < text.size();) {
    auto written = send(fd, text.data() + at, text.size() - at, MSG_NOSIGNAL);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    at += static_cast<std::size_t>(written);
  }
  return true;
}

// Appends what is there, or waits for it; false at the end.
bool read_some(int fd, std::string& text) {
  char buffer[65536];
  for (;;) {
    auto got = read(fd, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    text.append(buffer, static_cast<std::size_t>(got));
    return true;
  }
}

PlayedLife play(LifeOrder order, const WorkerLimits& limits) {
  auto once = [&] {
    TimeLimit time(limits.life_seconds_max);
    MemoryLimit memory(limits.life_bytes_max);
    LifeOptions options;
    if (order.hashes)
      options.event = [&](std::uint64_t events, Instant at, std::uint64_t hash) {
        order.hashes->note({events, at, hash});
      };
    return order.scenario->run(order.plan, options);
  };
  PlayedLife played;
  auto begun = SteadyClock::now();
  auto cpu_before = cpu_seconds();
  played.life = once();
  if (auto* hashes = std::exchange(order.hashes, nullptr))
    hashes->note({played.life.events, Instant{} + played.life.simulated, played.life.trace_hash});
  played.wall_seconds = seconds_since(begun);
  if (order.twice)
    if (auto what = differ(played.life, once()))
      played.difference = find_difference(*order.scenario, order.plan, *what, limits.life_seconds_max);
  played.cpu_seconds = cpu_seconds() - cpu_before;
  played.order = std::move(order);
  return played;
}

// Reads orders, one a line, and writes what became of each.
[[noreturn]] void work(const WorkerLimits& limits, int campaign) {
  std::string text;
  for (;;) {
    auto end = text.find('\n');
    if (end == std::string::npos) {
      if (!read_some(campaign, text)) _exit(0);
      continue;
    }
    auto order = decode_order(text.substr(0, end));
    text.erase(0, end + 1);
    if (!write_all(campaign, encode_played(play(std::move(order), limits)))) _exit(1);
  }
}

class Worker {
 public:
  explicit Worker(const WorkerLimits& limits) : limits_(limits) {
    int ends[2];
    FULMAR_ASSERT(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    errors_ = std::tmpfile();
    FULMAR_ASSERT(errors_ != nullptr);
    std::fflush(nullptr);
    pid_ = fork();
    FULMAR_ASSERT(pid_ >= 0);
    if (pid_ == 0) {
      close(ends[0]);
      dup2(fileno(errors_), STDERR_FILENO);
      for (auto signal : {SIGINT, SIGTERM}) std::signal(signal, SIG_IGN);  // the campaign ends it
      report_crashes();
      work(limits, ends[1]);
    }
    close(ends[1]);
    socket_ = ends[0];
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
    close(socket_);
    std::fclose(errors_);
  }

  int fd() const { return socket_; }
  bool is_free() const { return !order_; }

  // If the process has died meanwhile, death() tells.
  void play(LifeOrder order) {
    order_ = std::move(order);
    begun_ = SteadyClock::now();
    write_all(socket_, encode_order(*order_));
  }

  // Reads what is there, and calls `done` if the life has ended; false if the process has.
  bool read(const std::function<void(const PlayedLife&)>& done) {
    if (!read_some(socket_, text_)) return false;
    auto end = text_.find('\n');
    if (end == std::string::npos) return true;
    auto played = decode_played(text_.substr(0, end));
    text_.erase(0, end + 1);
    played.order = std::move(*order_);
    order_.reset();
    done(played);
    return true;
  }

  // Kills a worker that waits without using CPU time.
  void kill_if_it_hangs() {
    if (!order_ || seconds_since(begun_) < waits_factor * limits_.life_seconds_max) return;
    hung_ = true;
    kill(pid_, SIGKILL);
  }

  // After the worker's end: the violation, if it was in a life.
  std::optional<PlayedLife> death() {
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = -1;
    if (!order_) return std::nullopt;
    PlayedLife played{.order = std::move(*order_),
                      .life = {},
                      .wall_seconds = seconds_since(begun_),
                      .cpu_seconds = 0,
                      .difference = {}};
    auto signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    bool slow = hung_ || is_out_of_time(signal);
    bool large = is_out_of_memory(signal);
    std::string text = hung_   ? "the life waited for something that never came"
                       : slow  ? out_of_time(limits_.life_seconds_max)
                       : large ? out_of_memory(limits_.life_bytes_max)
                       : signal != 0
                           ? "the process died of signal " + std::to_string(signal) + " (" + strsignal(signal) + ")"
                           : "the process exited with " + std::to_string(WEXITSTATUS(status));
    auto size = lseek(fileno(errors_), 0, SEEK_END);
    std::string errors(std::min<std::size_t>(static_cast<std::size_t>(size), stderr_bytes_max), '\0');
    auto got = pread(fileno(errors_), errors.data(), errors.size(), size - static_cast<off_t>(errors.size()));
    if (got > 0) text += "\n" + with_names_of_functions(errors.substr(0, static_cast<std::size_t>(got)));
    const auto* anomaly = slow ? "hang" : large ? "memory" : "crash";
    played.life.violations.push_back({"the process lives", anomaly, text, Instant::max()});
    return played;
  }

 private:
  const WorkerLimits& limits_;
  pid_t pid_ = -1;
  int socket_ = -1;
  FILE* errors_ = nullptr;
  std::string text_;
  std::optional<LifeOrder> order_;  // of the life under way
  SteadyClock::time_point begun_;
  bool hung_ = false;
};

using Workers = std::vector<std::unique_ptr<Worker>>;

// Whether a life is under way.
bool give_orders(Workers& workers, const std::function<std::optional<LifeOrder>()>& next) {
  bool more = true, playing = false;
  for (auto& worker : workers) {
    if (worker->is_free() && more) {
      auto order = next();
      more = order.has_value();
      if (order) worker->play(std::move(*order));
    }
    playing |= !worker->is_free();
  }
  return playing;
}

}  // namespace

int run_in_workers(const WorkerLimits& limits, const std::function<std::optional<LifeOrder>()>& next,
                   const std::function<void(const PlayedLife&)>& done, const std::function<void()>& idle) {
  interrupted = 0;
  constexpr std::array signals = {SIGINT, SIGTERM};
  std::array<struct sigaction, signals.size()> before{};
  struct sigaction at_interrupt{};
  at_interrupt.sa_handler = [](int signal) { interrupted = signal; };
  for (std::size_t i = 0; i < signals.size(); ++i) sigaction(signals[i], &at_interrupt, &before[i]);
  Workers workers;
  for (int i = 0; i < limits.jobs; ++i) workers.push_back(std::make_unique<Worker>(limits));
  auto last_idle = SteadyClock::now();
  while (!interrupted && give_orders(workers, next)) {
    std::vector<pollfd> waiting;
    for (auto& worker : workers) waiting.push_back({worker->fd(), POLLIN, 0});
    if (poll(waiting.data(), waiting.size(), idle_ms) < 0) continue;
    for (std::size_t i = waiting.size(); i-- > 0;) {
      workers[i]->kill_if_it_hangs();
      if (!(waiting[i].revents & (POLLIN | POLLHUP)) || workers[i]->read(done)) continue;
      auto death = workers[i]->death();
      workers[i] = std::make_unique<Worker>(limits);
      if (death) done(*death);
    }
    if (seconds_since(last_idle) * 1000 < idle_ms) continue;
    last_idle = SteadyClock::now();
    idle();
  }
  workers.clear();
  for (std::size_t i = 0; i < signals.size(); ++i) sigaction(signals[i], &before[i], nullptr);
  return interrupted;
}

std::expected<PlayedLife, int> run_in_worker(const WorkerLimits& limits, LifeOrder order) {
  auto one = limits;
  one.jobs = 1;
  std::optional<LifeOrder> given = std::move(order);
  std::optional<PlayedLife> life;
  int interrupted_by = run_in_workers(
      one, [&] { return std::exchange(given, std::nullopt); }, [&](const PlayedLife& played) { life = played; }, [] {});
  if (!life) return std::unexpected(interrupted_by);
  return std::move(*life);
}

std::function<std::optional<LifeOrder>()> lives_of_seeds(const Scenario& scenario, std::uint64_t first,
                                                         std::uint64_t last) {
  return [&scenario, last, next = std::optional(first)]() mutable -> std::optional<LifeOrder> {
    if (!next || *next > last) return std::nullopt;
    auto seed = *next;
    next = seed == last ? std::nullopt : std::optional(seed + 1);
    return LifeOrder{&scenario, scenario.plan(seed), false};
  };
}

}  // namespace fulmar
