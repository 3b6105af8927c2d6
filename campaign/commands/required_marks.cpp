#include "campaign/commands/required_marks.h"

#include <algorithm>
#include <sstream>

#include "runtime/base/did_you_mean.h"
#include "runtime/base/mark.h"

namespace fulmar {

namespace {

constexpr std::size_t bytes_max = 1 << 20;  // more than any such file has

}  // namespace

RequiredMarks::RequiredMarks(CommandOptions& options) {
  options.text("require-marks", "FILE", path_,
               "the marks of the code that lives have to reach, one a line; otherwise the exit code is 1");
}

// "#" begins a remark.
Result<void> RequiredMarks::read(std::vector<std::string>& marks) const {
  if (path_.empty()) return {};
  auto wrong = [&](const std::string& why) { return fail(Errc::invalid_argument, path_ + ": " + why); };
  auto text = read_text_file(path_, bytes_max);
  if (!text) return wrong(text.error().detail);
  std::istringstream lines(*text);
  for (std::string line; std::getline(lines, line);) {
    line = line.substr(0, line.find('#'));
    line.erase(line.find_last_not_of(" \t\r") + 1);
    if (line.empty()) continue;
    const auto& known = code_marks();
    if (!std::ranges::binary_search(known, line)) {
      std::vector<std::string_view> names(known.begin(), known.end());
      return wrong("this program has no mark '" + line + "' in its code" + did_you_mean(line, names));
    }
    marks.push_back(line);
  }
  return marks.empty() ? Result<void>(wrong("names no marks")) : Result<void>();
}

}  // namespace fulmar
