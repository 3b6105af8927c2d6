#include "runtime/http/query.h"

#include "runtime/base/utf8.h"

namespace fulmar {

namespace {

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

Result<std::string> decoded(std::string_view text, const char* where, bool plus_is_blank) {
  std::string plain;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      plain += plus_is_blank && text[at] == '+' ? ' ' : text[at];
      continue;
    }
    int high = at + 2 < text.size() ? digit(text[at + 1]) : -1;
    int low = at + 2 < text.size() ? digit(text[at + 2]) : -1;
    if (high < 0 || low < 0)
      return fail(Errc::invalid_argument, "a % in the " + std::string(where) + " must be followed by two hex digits");
    plain += static_cast<char>(high * 16 + low);
    at += 2;
  }
  if (!is_utf8(plain)) return fail(Errc::invalid_argument, "the " + std::string(where) + " must be UTF-8");
  return plain;
}

}  // namespace

Result<std::string> decoded_query_text(std::string_view text) {
  return decoded(text, "query", true);
}

Result<std::string> decoded_path_segment(std::string_view text) {
  return decoded(text, "path", false);
}

Result<std::vector<std::pair<std::string, std::string>>> query_parameters(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> parameters;
  while (!query.empty()) {
    auto end = query.find('&');
    auto parameter = query.substr(0, end);
    query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
    if (parameter.empty()) continue;
    auto equals = parameter.find('=');
    FULMAR_TRY(auto name, decoded_query_text(parameter.substr(0, equals)));
    FULMAR_TRY(auto value, decoded_query_text(equals == std::string_view::npos ? std::string_view()
                                                                               : parameter.substr(equals + 1)));
    parameters.emplace_back(std::move(name), std::move(value));
  }
  return parameters;
}

}  // namespace fulmar
