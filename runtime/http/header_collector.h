// HeaderCollector: puts together the headers of a message, which its parser hands over in pieces.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace fulmar {

inline std::string in_lower_case(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text;
}

class HeaderCollector {
 public:
  // By name in lower case; the values of headers that come several times are joined by ", ".
  using Headers = std::map<std::string, std::string, std::less<>>;

  void name(std::string_view piece) {
    if (in_value_) finish();
    name_ += piece;
  }
  void value(std::string_view piece) {
    in_value_ = true;
    value_ += piece;
  }
  // All of them; then there are none.
  Headers take() {
    finish();
    return std::exchange(headers_, {});
  }

 private:
  void finish() {
    in_value_ = false;
    if (name_.empty()) return;
    auto& kept = headers_[in_lower_case(std::exchange(name_, {}))];
    if (!kept.empty()) kept += ", ";
    kept += std::exchange(value_, {});
  }

  std::string name_;
  std::string value_;
  bool in_value_ = false;
  Headers headers_;
};

}  // namespace fulmar
