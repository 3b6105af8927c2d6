// JUnit XML: what CI systems read.
#pragma once

#include <string>
#include <vector>

namespace fulmar {

struct JunitCase {
  std::string name;
  double seconds = 0;
  std::string failure;  // empty: passed
};

std::string junit_xml(const std::string& suite, const std::vector<JunitCase>& cases);
// False if the file can't be written.
bool write_junit(const std::string& path, const std::string& suite, const std::vector<JunitCase>& cases);

}  // namespace fulmar
