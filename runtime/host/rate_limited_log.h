// RateLimitedLog: for lines that any client can cause as often as it likes. Of each message the first few in an
// interval are written; the others are counted, and their number is written at the end of the interval:
//
//   WARN  broker: connection refused peer=10.0.0.9:40000 reason=max.connections
//   WARN  broker: connection refused, and 1234 more in the last 10 s
//
// Used by fibers of one shard; its destructor ends its fibers.
#pragma once

#include <cstdint>
#include <map>
#include <string_view>

#include "runtime/fiber/group.h"
#include "runtime/host/host.h"
#include "runtime/host/log.h"

namespace fulmar {

class RateLimitedLog {
 public:
  static constexpr Duration interval = seconds(10);
  static constexpr std::uint64_t lines_max = 5;  // of a message in an interval

  // To be made in a fiber of the shard. `host` outlives it.
  RateLimitedLog(Host& host, Logger log) : host_(host), log_(std::move(log)) {}

  // As Logger::log. `message` is a literal, by which lines are counted, whatever their fields.
  void log(LogLevel level, std::string_view message, Logger::Fields fields = {});
  void warn(std::string_view message, Logger::Fields fields = {}) { log(LogLevel::warn, message, fields); }

 private:
  struct Said {
    std::uint64_t lines = 0;  // written in this interval
    std::uint64_t more = 0;   // and only counted
    bool interval_runs = false;
  };
  void say_more(LogLevel level, std::string_view message, Said& said);

  Host& host_;
  Logger log_;
  std::map<std::pair<std::string_view, LogLevel>, Said> said_;
  FiberGroup fibers_;
};

}  // namespace fulmar
