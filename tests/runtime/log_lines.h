// A log whose lines a test can inspect.
#pragma once

#include <string>
#include <vector>

#include "runtime/host/log.h"

namespace fulmar {

class LogLines final : public LogSink {
 public:
  LogLevels& levels() override { return levels_; }
  void write(LogLevel, std::string_view, std::string_view message, LogFields fields) override {
    lines.push_back(log_text(message, fields));
  }
  std::vector<std::string> lines;

 private:
  LogLevels levels_{LogLevel::info};
};

}  // namespace fulmar
