#include "reports/junit.h"

#include <algorithm>

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

std::string suite_xml(const JunitSuite& suite) {
  const auto& cases = suite.cases;
  auto failures = std::count_if(cases.begin(), cases.end(), [](const JunitCase& c) { return !c.failure.empty(); });
  std::string xml = "  <testsuite name=\"" + escape(suite.name) + "\" tests=\"" + std::to_string(cases.size()) +
                    "\" failures=\"" + std::to_string(failures) + "\">\n";
  for (const auto& one : cases) {
    xml += "    <testcase classname=\"" + escape(suite.name) + "\" name=\"" + escape(one.name) + "\" time=\"" +
           std::to_string(one.seconds) + "\"";
    xml += one.failure.empty()
               ? "/>\n"
               : ">\n      <failure message=\"violation\">" + escape(one.failure) + "</failure>\n    </testcase>\n";
  }
  return xml + "  </testsuite>\n";
}

}  // namespace

std::string junit_xml(const std::vector<JunitSuite>& suites) {
  std::string xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n";
  for (const auto& suite : suites) xml += suite_xml(suite);
  return xml + "</testsuites>\n";
}

}  // namespace fulmar
