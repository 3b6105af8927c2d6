// The option --require-marks: a file of marks of the code (runtime/base/mark.h) that the lives of a campaign have to
// reach.
#pragma once

#include <string>
#include <vector>

#include "campaign/commands/command.h"
#include "reports/totals.h"

namespace fulmar {

class RequiredMarks {
 public:
  // Declares the option; this must outlive the parsing.
  explicit RequiredMarks(CommandOptions& options);

  // The marks of the file; none if the option was not given. Errors: invalid_argument, in one sentence: the file can't
  // be read, or this program has no such mark.
  Result<void> read(std::vector<std::string>& marks) const;

 private:
  std::string path_;
};

}  // namespace fulmar
