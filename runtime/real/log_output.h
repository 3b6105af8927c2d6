// Where the log of a process goes, and in which form.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/host/log.h"

namespace fulmar {

enum class LogFormat : std::uint8_t {
  text,  // 2026-11-21T09:14:03.120Z INFO  log: segment rolled partition=orders-0 base_offset=4711
  json,  // one object a line, as log_json() writes it
};

struct LogOutput {
  static constexpr std::size_t file_bytes_min = 4096;
  static constexpr std::size_t files_min = 2;

  LogLevel level = LogLevel::info;  // of all components, at first
  LogFormat format = LogFormat::text;
  // Empty: standard error. Else, when the file would become larger than `file_bytes`, it is renamed to NAME.1.EXT,
  // NAME.1.EXT to NAME.2.EXT, and so on, and the oldest beyond `files` is deleted.
  std::string file = {};
  std::size_t file_bytes = 64 << 20;
  std::size_t files = 8;  // with the one that is written
};

// {"time":"2026-11-21T09:14:03.120Z","level":"INFO","component":"log","message":"segment rolled","fields":{"partition":
// "orders-0","base_offset":4711}}, without a line break and without "fields" if there are none. Bytes that are not
// UTF-8 become U+FFFD.
std::string log_json(std::string_view time, LogLevel level, std::string_view component, std::string_view message,
                     LogFields fields);

// Through spdlog; one for all shards, which may use it at once. Errors: io_error: the file can't be written.
Result<std::unique_ptr<LogSink>> make_log_sink(const LogOutput& output);

}  // namespace fulmar
