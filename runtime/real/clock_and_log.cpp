#include "runtime/real/clock_and_log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/random.h>
#include <time.h>

#include "runtime/base/assert.h"
#include "runtime/fiber/wait_list.h"

namespace fulmar {

namespace {

spdlog::level::level_enum level_of(LogLevel level) {
  switch (level) {
    case LogLevel::trace: return spdlog::level::trace;
    case LogLevel::debug: return spdlog::level::debug;
    case LogLevel::info: return spdlog::level::info;
    case LogLevel::warn: return spdlog::level::warn;
    case LogLevel::error: return spdlog::level::err;
  }
  FULMAR_UNREACHABLE();
}

class SpdlogSink final : public LogSink {
 public:
  explicit SpdlogSink(LogLevel level)
      : level_(level), logger_("fulmar", std::make_shared<spdlog::sinks::stderr_sink_mt>()) {
    logger_.set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %v", spdlog::pattern_time_type::utc);
    logger_.set_level(level_of(level));
    logger_.flush_on(spdlog::level::trace);
  }
  bool enabled(LogLevel level) const override { return level >= level_; }
  void write(LogLevel level, std::string_view component, std::string_view line) override {
    logger_.log(level_of(level), "{:<5} {}: {}", log_level_name(level), component, line);
  }

 private:
  LogLevel level_;
  spdlog::logger logger_;
};

}  // namespace

Timestamp RealClock::wall_ms() const {
  timespec at{};
  clock_gettime(CLOCK_REALTIME, &at);
  return static_cast<Timestamp>(at.tv_sec) * 1000 + at.tv_nsec / 1'000'000;
}

void RealClock::sleep_until(Instant at) {
  WaitList never;
  never.wait(Deadline{at});
}

std::uint64_t RealEntropy::next() {
  std::uint64_t number = 0;
  FULMAR_ASSERT(getrandom(&number, sizeof number, 0) == sizeof number);
  return number;
}

std::unique_ptr<LogSink> make_stderr_sink(LogLevel level) {
  return std::make_unique<SpdlogSink>(level);
}

}  // namespace fulmar
