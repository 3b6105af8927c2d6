#include "campaign/worker.h"

#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "campaign/crash_report.h"
#include "campaign/stack_names.h"
#include "runtime/base/assert.h"

namespace fulmar {

namespace {

using nlohmann::json;
using SteadyClock = std::chrono::steady_clock;

constexpr double waits_factor = 10;  // the limit of a life that takes no CPU time is so many times longer
constexpr std::size_t stderr_bytes_max = 8000;

double seconds_since(SteadyClock::time_point from) {
  return std::chrono::duration<double>(SteadyClock::now() - from).count();
}

volatile std::sig_atomic_t interrupted = 0;

// Shared by the workers and the campaign: the next seed.
struct Shared {
  std::atomic<std::uint64_t> next_seed;
  std::atomic<bool> stop;
};

std::string encode(const SeedResult& result) {
  json violations = json::array();
  for (const auto& v : result.life.violations)
    violations.push_back({{"property", v.property}, {"anomaly", v.anomaly}, {"text", v.text}, {"at", v.at.ns}});
  json times = json::object();
  for (const auto& [what, time] : result.life.times) times[what] = time.count();
  json line = {{"seed", result.seed},
               {"hash", result.life.trace_hash},
               {"events", result.life.events},
               {"simulated", result.life.simulated.count()},
               {"operations", result.life.operations},
               {"wall", result.wall_seconds},
               {"marks", result.life.marks},
               {"times", std::move(times)},
               {"violations", std::move(violations)}};
  return line.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

SeedResult decode(const std::string& text) {
  auto line = json::parse(text);
  SeedResult result;
  result.seed = line["seed"];
  result.life.trace_hash = line["hash"];
  result.life.events = line["events"];
  result.life.simulated = Duration(line["simulated"].get<std::int64_t>());
  result.life.operations = line["operations"].get<std::map<std::string, std::uint64_t>>();
  result.wall_seconds = line["wall"];
  result.life.marks = line["marks"].get<std::map<std::string, std::uint64_t>>();
  for (const auto& [what, time] : line["times"].items()) result.life.times[what] = Duration(time.get<std::int64_t>());
  for (const auto& v : line["violations"])
    result.life.violations.push_back({v["property"], v["anomaly"], v["text"], Instant{v["at"]}});
  return result;
}

void write_all(int fd, const std::string& text) {
  for (std::size_t at = 0; at < text.size();) {
    auto written = write(fd, text.data() + at, text.size() - at);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) _exit(1);
    at += static_cast<std::size_t>(written);
  }
}

[[noreturn]] void work(const Scenario& scenario, const CampaignLimits& limits, Shared& shared, int out) {
  for (;;) {
    auto seed = shared.next_seed.fetch_add(1);
    if (seed > limits.last_seed || shared.stop) _exit(0);
    write_all(out, "begin " + std::to_string(seed) + "\n");
    auto begun = SteadyClock::now();
    SeedResult result{.seed = seed, .life = {}, .wall_seconds = 0};
    {
      TimeLimit limit(limits.life_seconds_max);
      result.life = scenario.run(scenario.plan(seed), {});
    }
    result.wall_seconds = seconds_since(begun);
    write_all(out, encode(result));
  }
}

class Worker {
 public:
  Worker(const Scenario& scenario, const CampaignLimits& limits, Shared& shared)
      : seconds_max_(limits.life_seconds_max) {
    int pipe_ends[2];
    FULMAR_ASSERT(pipe(pipe_ends) == 0);
    errors_ = std::tmpfile();
    FULMAR_ASSERT(errors_ != nullptr);
    std::fflush(nullptr);
    pid_ = fork();
    FULMAR_ASSERT(pid_ >= 0);
    if (pid_ == 0) {
      close(pipe_ends[0]);
      dup2(fileno(errors_), STDERR_FILENO);
      for (auto signal : {SIGINT, SIGTERM}) std::signal(signal, SIG_IGN);  // the campaign ends it
      report_crashes();
      work(scenario, limits, shared, pipe_ends[1]);
    }
    close(pipe_ends[1]);
    in_ = pipe_ends[0];
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
    close(in_);
    std::fclose(errors_);
  }

  int fd() const { return in_; }

  // Reads available lines; false at the end.
  bool read_lines(const std::function<void(const SeedResult&)>& done) {
    char buffer[65536];
    auto got = read(in_, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) return true;
    if (got <= 0) return false;
    text_.append(buffer, static_cast<std::size_t>(got));
    for (auto end = text_.find('\n'); end != std::string::npos; end = text_.find('\n')) {
      auto line = text_.substr(0, end);
      text_.erase(0, end + 1);
      if (line.starts_with("begin ")) {
        seed_ = std::strtoull(line.c_str() + 6, nullptr, 10);
        begun_ = SteadyClock::now();
      } else {
        seed_.reset();
        done(decode(line));
      }
    }
    return true;
  }

  // Kills a worker that waits without using CPU time.
  void kill_if_it_hangs() {
    if (!seed_ || seconds_since(begun_) < waits_factor * seconds_max_) return;
    hung_ = true;
    kill(pid_, SIGKILL);
  }

  // After the worker's end: the violation, if it died.
  std::optional<SeedResult> death() {
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = -1;
    if (!seed_) return std::nullopt;
    SeedResult result{.seed = *seed_, .life = {}, .wall_seconds = seconds_since(begun_)};
    bool hung = hung_ || (WIFSIGNALED(status) && is_out_of_time(WTERMSIG(status)));
    std::string text = hung_                 ? "the life waited for something that never came"
                       : hung                ? out_of_time(seconds_max_)
                       : WIFSIGNALED(status) ? "the process died of signal " + std::to_string(WTERMSIG(status)) + " (" +
                                                   strsignal(WTERMSIG(status)) + ")"
                                             : "the process exited with " + std::to_string(WEXITSTATUS(status));
    auto size = lseek(fileno(errors_), 0, SEEK_END);
    std::string errors(std::min<std::size_t>(static_cast<std::size_t>(size), stderr_bytes_max), '\0');
    auto got = pread(fileno(errors_), errors.data(), errors.size(), size - static_cast<off_t>(errors.size()));
    if (got > 0) text += "\n" + with_names_of_functions(errors.substr(0, static_cast<std::size_t>(got)));
    result.life.violations.push_back({"the process lives", hung ? "hang" : "crash", text, Instant::max()});
    return result;
  }

 private:
  pid_t pid_ = -1;
  int in_ = -1;
  FILE* errors_ = nullptr;
  std::string text_;
  std::optional<std::uint64_t> seed_;
  SteadyClock::time_point begun_;
  bool hung_ = false;
  double seconds_max_;
};

}  // namespace

int run_in_workers(const Scenario& scenario, const CampaignLimits& limits,
                   const std::function<void(const SeedResult&)>& done, const std::function<void()>& idle) {
  void* memory = mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  FULMAR_ASSERT(memory != MAP_FAILED);
  auto& shared = *new (memory) Shared{limits.first_seed, false};
  auto begun = SteadyClock::now();
  auto finish = [&](const SeedResult& result) {
    if (limits.stop_at_violation && !result.life.violations.empty()) shared.stop = true;
    done(result);
  };
  interrupted = 0;
  constexpr std::array signals = {SIGINT, SIGTERM};
  std::array<struct sigaction, signals.size()> before{};
  struct sigaction at_interrupt{};
  at_interrupt.sa_handler = [](int signal) { interrupted = signal; };
  for (std::size_t i = 0; i < signals.size(); ++i) sigaction(signals[i], &at_interrupt, &before[i]);
  std::vector<std::unique_ptr<Worker>> workers;
  for (int i = 0; i < limits.jobs; ++i) workers.push_back(std::make_unique<Worker>(scenario, limits, shared));
  while (!workers.empty() && !interrupted) {
    std::vector<pollfd> waiting;
    for (auto& worker : workers) waiting.push_back({worker->fd(), POLLIN, 0});
    if (poll(waiting.data(), waiting.size(), 250) < 0) continue;
    if (limits.seconds_max > 0 && seconds_since(begun) > limits.seconds_max) shared.stop = true;
    for (std::size_t i = waiting.size(); i-- > 0;) {
      workers[i]->kill_if_it_hangs();
      if (!(waiting[i].revents & (POLLIN | POLLHUP)) || workers[i]->read_lines(finish)) continue;
      auto death = workers[i]->death();
      workers.erase(workers.begin() + static_cast<std::ptrdiff_t>(i));
      if (!death) continue;
      finish(*death);
      workers.push_back(std::make_unique<Worker>(scenario, limits, shared));
    }
    idle();
  }
  workers.clear();
  for (std::size_t i = 0; i < signals.size(); ++i) sigaction(signals[i], &before[i], nullptr);
  munmap(memory, sizeof(Shared));
  return interrupted;
}

}  // namespace fulmar
