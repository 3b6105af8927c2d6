#include "reports/junit.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
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

std::unexpected<Error> failure(const std::string& path) {
  return fail(Errc::io_error, path + ": " + std::strerror(errno));
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

Result<void> check_writable(const std::string& path) {
  std::error_code ignored;
  bool was_there = std::filesystem::exists(path, ignored);
  if (!std::ofstream(path, std::ios::app)) return failure(path);
  if (!was_there) std::filesystem::remove(std::filesystem::canonical(path, ignored), ignored);
  return {};
}

Result<void> write_junit(const std::string& path, const std::string& suite, const std::vector<JunitCase>& cases) {
  std::ofstream file(path);
  if (!file || !(file << junit_xml(suite, cases)).flush()) return failure(path);
  return {};
}

}  // namespace fulmar
