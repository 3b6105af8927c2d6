#include "broker/console/parameters.h"

#include <charconv>
#include <limits>

#include "runtime/http/query.h"

namespace fulmar {

namespace {

constexpr std::int64_t int32_max = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t int64_max = std::numeric_limits<std::int64_t>::max();

Result<ListPart> list_part(const ConsoleParameters& parameters) {
  ListPart part;
  FULMAR_TRY(auto from, parameters.number("from", 0, int32_max));
  FULMAR_TRY(auto count, parameters.number("count", 1, ListPart::count_max));
  if (from) part.from = static_cast<std::size_t>(*from);
  if (count) part.count = static_cast<std::size_t>(*count);
  return part;
}

}  // namespace

Result<ConsoleParameters> ConsoleParameters::parse(std::string_view query) {
  ConsoleParameters parameters;
  FULMAR_TRY(auto given, query_parameters(query));
  for (auto& [name, value] : given) {
    auto added = parameters.values_.emplace(std::move(name), std::move(value));
    if (!added.second) return fail(Errc::invalid_argument, "the parameter " + added.first->first + " comes twice");
  }
  return parameters;
}

Result<ConsoleParameters::None> ConsoleParameters::no_query() const {
  FULMAR_TRY_VOID(only({}));
  return None{};
}

Result<void> ConsoleParameters::only(const std::set<std::string_view>& names) const {
  for (const auto& [name, value] : values_) {
    if (names.contains(name)) continue;
    std::string known;
    for (auto one : names) known += (known.empty() ? "" : ", ") + std::string(one);
    return fail(Errc::invalid_argument,
                "there is no parameter " + name + " here" + (known.empty() ? "" : "; there are " + known));
  }
  return {};
}

Result<std::optional<std::int64_t>> ConsoleParameters::number(std::string_view name, std::int64_t min,
                                                              std::int64_t max) const {
  auto found = values_.find(name);
  if (found == values_.end()) return std::nullopt;
  const auto& text = found->second;
  std::int64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < min || number > max)
    return fail(Errc::invalid_argument,
                std::string(name) + " must be a number from " + std::to_string(min) + " to " + std::to_string(max));
  return number;
}

std::optional<std::string> ConsoleParameters::text(std::string_view name) const {
  auto found = values_.find(name);
  return found == values_.end() ? std::nullopt : std::optional(found->second);
}

Result<TopicsQuery> TopicsQuery::from(const ConsoleParameters& parameters) {
  FULMAR_TRY_VOID(parameters.only({"match", "from", "count", "sizes"}));
  TopicsQuery query;
  query.match = parameters.text("match").value_or("");
  FULMAR_TRY(query.part, list_part(parameters));
  const auto sizes = parameters.text("sizes").value_or("false");
  if (sizes != "true" && sizes != "false") return fail(Errc::invalid_argument, "sizes must be true or false");
  query.sizes = sizes == "true";
  return query;
}

Result<TopicQuery> TopicQuery::from(const ConsoleParameters& parameters, std::string name) {
  FULMAR_TRY_VOID(parameters.only({"from", "count"}));
  FULMAR_TRY(auto part, list_part(parameters));
  return TopicQuery{std::move(name), part};
}

Result<RecordsQuery> RecordsQuery::from(const ConsoleParameters& parameters, std::string topic) {
  FULMAR_TRY_VOID(parameters.only({"partition", "offset", "time", "count"}));
  RecordsQuery query;
  query.topic = std::move(topic);
  FULMAR_TRY(auto partition, parameters.number("partition", 0, int32_max));
  FULMAR_TRY(query.offset, parameters.number("offset", 0, int64_max));
  FULMAR_TRY(query.time, parameters.number("time", 0, int64_max));
  FULMAR_TRY(auto count, parameters.number("count", 1, count_max));
  if (!partition) return fail(Errc::invalid_argument, "partition is needed: whose records?");
  if (query.offset && query.time) return fail(Errc::invalid_argument, "either offset or time says where to begin");
  query.partition = static_cast<std::int32_t>(*partition);
  if (count) query.count = static_cast<std::size_t>(*count);
  return query;
}

Result<GroupsQuery> GroupsQuery::from(const ConsoleParameters& parameters) {
  FULMAR_TRY_VOID(parameters.only({"match", "from", "count"}));
  FULMAR_TRY(auto part, list_part(parameters));
  return GroupsQuery{parameters.text("match").value_or(""), part};
}

Result<GroupQuery> GroupQuery::from(const ConsoleParameters& parameters, std::string name) {
  FULMAR_TRY_VOID(parameters.only({"from", "count"}));
  FULMAR_TRY(auto part, list_part(parameters));
  return GroupQuery{std::move(name), part};
}

Result<PermissionsQuery> PermissionsQuery::from(const ConsoleParameters& parameters) {
  FULMAR_TRY_VOID(parameters.only({"topic", "group"}));
  return PermissionsQuery{parameters.text("topic"), parameters.text("group")};
}

Result<AclsQuery> AclsQuery::from(const ConsoleParameters& parameters) {
  FULMAR_TRY_VOID(parameters.only({"match", "from", "count"}));
  FULMAR_TRY(auto part, list_part(parameters));
  return AclsQuery{parameters.text("match").value_or(""), part};
}

Result<ConfigsQuery> ConfigsQuery::from(const ConsoleParameters& parameters) {
  FULMAR_TRY_VOID(parameters.only({"broker"}));
  FULMAR_TRY(auto broker, parameters.number("broker", 0, int32_max));
  if (!broker) return ConfigsQuery{};
  return ConfigsQuery{static_cast<std::int32_t>(*broker)};
}

}  // namespace fulmar
