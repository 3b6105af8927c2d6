#include "runtime/real/log_output.h"

#include <fmt/chrono.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "runtime/base/assert.h"

namespace fulmar {

namespace {

spdlog::level::level_enum level_of(LogLevel level) {
  switch (level) {
    case LogLevel::trace: return spdlog::level::trace;
    case LogLevel::debug: return spdlog::level::debug;
    case LogLevel::info: return spdlog::level::info;
    case LogLevel::warn: return spdlog::level::warn;
    case LogLevel::error: return spdlog::level::err;
    case LogLevel::fatal: return spdlog::level::critical;
  }
  FULMAR_UNREACHABLE();
}

class SpdlogSink final : public LogSink {
 public:
  SpdlogSink(const LogOutput& output, spdlog::sink_ptr sink)
      : levels_(output.level), format_(output.format), logger_("fulmar", std::move(sink)) {
    logger_.set_pattern(format_ == LogFormat::json ? "%v" : "%Y-%m-%dT%H:%M:%S.%eZ %v", spdlog::pattern_time_type::utc);
    logger_.set_level(spdlog::level::trace);  // levels_ decide
    logger_.flush_on(spdlog::level::trace);
  }
  LogLevels& levels() override { return levels_; }
  void write(LogLevel level, std::string_view component, std::string_view message, LogFields fields) override {
    auto now = spdlog::log_clock::now();
    if (format_ == LogFormat::json)
      logger_.log(now, spdlog::source_loc{}, level_of(level),
                  log_json(text_of(now), level, component, message, fields));
    else
      logger_.log(now, spdlog::source_loc{}, level_of(level),
                  fmt::format("{:<5} {}: {}", log_level_name(level), component, log_text(message, fields)));
  }

 private:
  static std::string text_of(spdlog::log_clock::time_point at) {
    auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count();
    auto seconds = static_cast<std::time_t>(ms / 1000);
    return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(seconds), ms % 1000);
  }

  LogLevels levels_;
  const LogFormat format_;
  spdlog::logger logger_;
};

}  // namespace

std::string log_json(std::string_view time, LogLevel level, std::string_view component, std::string_view message,
                     LogFields fields) {
  nlohmann::ordered_json line = {
      {"time", time}, {"level", log_level_name(level)}, {"component", component}, {"message", message}};
  for (const auto& field : fields) {
    auto& value = line["fields"][std::string(field.name)];
    if (field.is_text)
      value = field.value;
    else
      value = nlohmann::ordered_json::parse(field.value);
  }
  return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

Result<std::unique_ptr<LogSink>> make_log_sink(const LogOutput& output) {
  try {
    spdlog::sink_ptr sink;
    if (output.file.empty())
      sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    else
      sink = std::make_shared<spdlog::sinks::rotating_file_sink_mt>(output.file, output.file_bytes, output.files - 1);
    return std::make_unique<SpdlogSink>(output, std::move(sink));
  } catch (const spdlog::spdlog_ex& error) {
    return fail(Errc::io_error, error.what());
  }
}

}  // namespace fulmar
