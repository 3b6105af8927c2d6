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

struct JunitSuite {
  std::string name;
  std::vector<JunitCase> cases;
};

std::string junit_xml(const std::vector<JunitSuite>& suites);

}  // namespace fulmar
