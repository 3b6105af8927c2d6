#include "broker/server/admin/metrics_query.h"

#include <algorithm>

#include "broker/cluster/properties.h"
#include "runtime/base/utf8.h"

namespace fulmar {

namespace {

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// As forms encode it: %XX, and '+' for a blank.
Result<std::string> decoded(std::string_view text) {
  std::string plain;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      plain += text[at] == '+' ? ' ' : text[at];
      continue;
    }
    int high = at + 2 < text.size() ? digit(text[at + 1]) : -1;
    int low = at + 2 < text.size() ? digit(text[at + 2]) : -1;
    if (high < 0 || low < 0) return fail(Errc::invalid_argument, "a % in the query must be followed by two hex digits");
    plain += static_cast<char>(high * 16 + low);
    at += 2;
  }
  if (!is_utf8(plain)) return fail(Errc::invalid_argument, "the query must be UTF-8");
  return plain;
}

Result<void> add(std::vector<std::string>& names, std::string name, const char* what) {
  if (name.empty() || std::ranges::find(names, name) != names.end()) return {};
  if (names.size() == MetricsQuery::names_max)
    return fail(Errc::invalid_argument,
                "at most " + std::to_string(MetricsQuery::names_max) + " " + what + " may be asked for at once");
  names.push_back(std::move(name));
  return {};
}

}  // namespace

Result<MetricsQuery> MetricsQuery::parse(std::string_view query) {
  MetricsQuery asked;
  while (!query.empty()) {
    auto end = query.find('&');
    auto parameter = query.substr(0, end);
    query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
    auto equals = parameter.find('=');
    auto name = parameter.substr(0, equals);
    const bool of_topics = name == "topics" || name == "topic";
    const bool of_groups = name == "groups" || name == "group";
    if (equals == std::string_view::npos || (!of_topics && !of_groups))
      return fail(Errc::invalid_argument, "the query may have topics=NAME,... topic=NAME groups=NAME,... group=NAME");
    FULMAR_TRY(auto value, decoded(parameter.substr(equals + 1)));
    auto& names = of_topics ? asked.topics : asked.groups;
    const char* what = of_topics ? "topics" : "groups";
    if (name.back() != 's') {
      FULMAR_TRY_VOID(add(names, std::move(value), what));
      continue;
    }
    for (auto one : split_list(value)) FULMAR_TRY_VOID(add(names, std::string(one), what));
  }
  return asked;
}

}  // namespace fulmar
