#include "reports/junit.h"

#include <algorithm>
#include <fstream>

namespace fulmar {

namespace {

std::string escape(const std::string& text) {
  std::string safe;
  for (char c : text) {
    switch (c) {
      case '<': safe += "&lt;"; break;
      case '>': safe += "&gt;"; break;
      case '&': safe += "&amp;"; break;
      case '"': safe += "&quot;"; break;
      case '\n':
      case '\t': safe += c; break;
      default: safe += static_cast<unsigned char>(c) < ' ' ? '?' : c;
    }
  }
  return safe;
}

}  // namespace

std::string junit_xml(const std::string& suite, const std::vector<JunitCase>& cases) {
  auto failures = std::count_if(cases.begin(), cases.end(), [](const JunitCase& c) { return !c.failure.empty(); });
  std::string xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"" + escape(suite) + "\" tests=\"" +
                    std::to_string(cases.size()) + "\" failures=\"" + std::to_string(failures) + "\">\n";
  for (const auto& one : cases) {
    xml += "  <testcase classname=\"" + escape(suite) + "\" name=\"" + escape(one.name) + "\" time=\"" +
           std::to_string(one.seconds) + "\"";
    xml += one.failure.empty()
               ? "/>\n"
               : ">\n    <failure message=\"violation\">" + escape(one.failure) + "</failure>\n  </testcase>\n";
  }
  return xml + "</testsuite>\n";
}

bool write_junit(const std::string& path, const std::string& suite, const std::vector<JunitCase>& cases) {
  std::ofstream file(path);
  file << junit_xml(suite, cases);
  return static_cast<bool>(file.flush());
}

}  // namespace fulmar
