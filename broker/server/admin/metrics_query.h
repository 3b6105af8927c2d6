// MetricsQuery: what a scrape asks for beyond what every scrape shows, as the query of its URL:
// ?topics=orders,payments&groups=billing. A parameter may come again; "topic" and "group" take one name as it is, also
// with commas.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"

namespace fulmar {

struct MetricsQuery {
  static constexpr std::size_t names_max = 100;  // topics, and groups

  std::vector<std::string> topics;
  std::vector<std::string> groups;

  // Errors: invalid_argument, with a sentence.
  static Result<MetricsQuery> parse(std::string_view query);
};

}  // namespace fulmar
