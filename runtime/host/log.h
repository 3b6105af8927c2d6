// Logger: structured lines with the time of the world they were written in.
//
//   log.info("segment rolled", {{"partition", name}, {"base_offset", base}});
//   -> 2026-11-21T09:14:03.120Z INFO  log: segment rolled partition=orders-0 base_offset=4711
//
// A Logger is a name and a reference to its shard's sink; copies are cheap. Never blocks.
#pragma once

#include <concepts>
#include <initializer_list>
#include <string>
#include <string_view>

#include "runtime/host/log_levels.h"

namespace fulmar {

struct LogField {
  std::string_view name;
  std::string value;
  bool is_text = true;  // and not a number, true or false

  LogField(std::string_view n, std::string_view v) : name(n), value(v) {}
  LogField(std::string_view n, const char* v) : name(n), value(v) {}
  LogField(std::string_view n, const std::string& v) : name(n), value(v) {}
  LogField(std::string_view n, bool v) : name(n), value(v ? "true" : "false"), is_text(false) {}
  template <std::integral T>
  LogField(std::string_view n, T v) : name(n), value(std::to_string(v)), is_text(false) {}
};

using LogFields = std::initializer_list<LogField>;

// "segment rolled partition=orders-0": in one line that can be split into fields again.
std::string log_text(std::string_view message, LogFields fields);

class LogSink {
 public:
  virtual ~LogSink() = default;
  // Of all components that log here.
  virtual LogLevels& levels() = 0;
  virtual void write(LogLevel level, std::string_view component, std::string_view message, LogFields fields) = 0;
};

class Logger {
 public:
  Logger(LogSink& sink, std::string_view component)
      : sink_(&sink), level_(&sink.levels().of(component)), component_(component) {}
  Logger named(std::string_view component) const { return Logger(*sink_, component); }
  LogLevels& levels() const { return sink_->levels(); }

  using Fields = LogFields;
  void log(LogLevel level, std::string_view message, Fields fields) const {
    if (enabled(level)) sink_->write(level, component_, message, fields);
  }
  void debug(std::string_view message, Fields fields = {}) const { log(LogLevel::debug, message, fields); }
  void info(std::string_view message, Fields fields = {}) const { log(LogLevel::info, message, fields); }
  void warn(std::string_view message, Fields fields = {}) const { log(LogLevel::warn, message, fields); }
  void error(std::string_view message, Fields fields = {}) const { log(LogLevel::error, message, fields); }
  bool enabled(LogLevel level) const { return level >= level_->load(std::memory_order_relaxed); }

 private:
  LogSink* sink_;
  const std::atomic<LogLevel>* level_;
  std::string component_;
};

}  // namespace fulmar
