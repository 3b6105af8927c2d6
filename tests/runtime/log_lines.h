// A log whose lines a test can inspect.
#pragma once

#include <string>
#include <vector>

#include "runtime/host/log.h"

namespace fulmar {

class LogLines final : public LogSink {
 public:
  bool enabled(LogLevel level) const override { return level >= LogLevel::info; }
  void write(LogLevel, std::string_view, std::string_view line) override { lines.emplace_back(line); }
  std::vector<std::string> lines;
};

}  // namespace fulmar
