// OwnReport: a form of report that a program adds to those that campaigns write (docs/reports.md).
#pragma once

#include <memory>
#include <string>

#include "reports/life_report.h"
#include "runtime/base/result.h"

namespace fulmar {

// Writes one report. Errors go into the campaign's output, and its exit code says that something could not be written.
class LifeReporter {
 public:
  virtual ~LifeReporter() = default;
  // Called with each life as it ends. A campaign that goes on (--resume) begins with the lives that it had, without
  // their settings, faults and plans. Not called again after an error.
  virtual Result<void> add(const LifeReport& life) = 0;
  // Called once, when the campaign ends, unless there was an error.
  virtual Result<void> end() = 0;
};

struct OwnReport {
  const char* option;  // of `run`, which takes a file: "csv" for --csv FILE
  const char* help;    // "writes the lives as CSV"
  // Called before the first life. Errors: the file can't be written; they are told, and no life is played.
  Result<std::unique_ptr<LifeReporter>> (*open)(const std::string& path);
};

}  // namespace fulmar
