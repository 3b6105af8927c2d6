#include "broker/server/admin/metrics_query.h"

#include <algorithm>

#include "broker/cluster/properties.h"
#include "runtime/http/query.h"

namespace fulmar {

namespace {

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
    FULMAR_TRY(auto value, decoded_query_text(parameter.substr(equals + 1)));
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
