// JUnit XML reports, which CI systems read.
#pragma once

#include <string>
#include <vector>

#include "runtime/base/result.h"

namespace fulmar {

struct JunitCase {
  std::string name;
  double seconds = 0;
  std::string failure;  // empty: passed
};

std::string junit_xml(const std::string& suite, const std::vector<JunitCase>& cases);
// Whether the file can be written; to be called before the results are known. Neither creates nor changes the file.
// Errors: io_error.
Result<void> check_writable(const std::string& path);
// Errors: io_error.
Result<void> write_junit(const std::string& path, const std::string& suite, const std::vector<JunitCase>& cases);

}  // namespace fulmar
