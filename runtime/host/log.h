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

namespace fulmar {

enum class LogLevel : unsigned char { trace, debug, info, warn, error };
const char* log_level_name(LogLevel level) noexcept;

struct LogField {
  std::string_view name;
  std::string value;

  LogField(std::string_view n, std::string_view v) : name(n), value(v) {}
  LogField(std::string_view n, const char* v) : name(n), value(v) {}
  LogField(std::string_view n, const std::string& v) : name(n), value(v) {}
  LogField(std::string_view n, bool v) : name(n), value(v ? "true" : "false") {}
  template <std::integral T>
  LogField(std::string_view n, T v) : name(n), value(std::to_string(v)) {}
};

class LogSink {
 public:
  virtual ~LogSink() = default;
  virtual bool enabled(LogLevel level) const = 0;
  // `message` and the fields in the order they were given, already in one line: "segment rolled partition=orders-0".
  virtual void write(LogLevel level, std::string_view component, std::string_view line) = 0;
};

class Logger {
 public:
  Logger(LogSink& sink, std::string_view component) : sink_(&sink), component_(component) {}
  Logger named(std::string_view component) const { return Logger(*sink_, component); }

  using Fields = std::initializer_list<LogField>;
  void log(LogLevel level, std::string_view message, Fields fields) const;
  void debug(std::string_view message, Fields fields = {}) const { log(LogLevel::debug, message, fields); }
  void info(std::string_view message, Fields fields = {}) const { log(LogLevel::info, message, fields); }
  void warn(std::string_view message, Fields fields = {}) const { log(LogLevel::warn, message, fields); }
  void error(std::string_view message, Fields fields = {}) const { log(LogLevel::error, message, fields); }
  bool enabled(LogLevel level) const { return sink_->enabled(level); }

 private:
  LogSink* sink_;
  std::string component_;
};

}  // namespace fulmar
