#include "broker/console/change_body.h"

namespace fulmar {

namespace {

using Json = nlohmann::json;

constexpr int depth_max = 1;  // of what a member's value holds

std::unexpected<Error> wrong(std::string why) {
  return fail(Errc::invalid_argument, std::move(why));
}

std::unexpected<Error> must_be(std::string_view name, const std::string& what) {
  return wrong(std::string(name) + " must be " + what);
}

std::size_t names_in(const Json& members) {
  auto names = members.size();
  for (const auto& value : members)
    if (value.is_object()) names += value.size();
  return names;
}

}  // namespace

Result<ChangeBody> ChangeBody::parse(std::string_view text) {
  std::size_t names = 0;
  bool deep = false;
  auto watch = [&](int depth, Json::parse_event_t event, Json&) {
    names += event == Json::parse_event_t::key;
    const bool begins = event == Json::parse_event_t::object_start || event == Json::parse_event_t::array_start;
    if (begins && depth > depth_max) deep = true;
    return !deep;
  };
  ChangeBody body;
  body.members_ = Json::parse(text, watch, false);
  if (deep) return wrong("the body is nested too deeply");
  if (!body.members_.is_object()) return wrong("the body must be a JSON object");
  if (names != names_in(body.members_)) return wrong("a name comes twice in the body");
  return body;
}

const nlohmann::json* ChangeBody::find(std::string_view name) const {
  auto found = members_.find(name);
  return found == members_.end() || found->is_null() ? nullptr : &*found;
}

Result<void> ChangeBody::only(const std::set<std::string_view>& names) const {
  for (const auto& [name, value] : members_.items()) {
    if (names.contains(name)) continue;
    std::string known;
    for (auto one : names) known += (known.empty() ? "" : ", ") + std::string(one);
    return wrong("there is no " + name + " in this change; there are " + known);
  }
  return {};
}

Result<std::optional<std::string>> ChangeBody::text_if_given(std::string_view name) const {
  const auto* value = find(name);
  if (!value) return std::nullopt;
  if (!value->is_string()) return must_be(name, "a text");
  return value->get<std::string>();
}

Result<std::string> ChangeBody::text(std::string_view name) const {
  FULMAR_TRY(auto given, text_if_given(name));
  if (!given || given->empty()) return wrong(std::string(name) + " is needed");
  return std::move(*given);
}

Result<std::optional<std::int64_t>> ChangeBody::number(std::string_view name, std::int64_t min,
                                                       std::int64_t max) const {
  const auto* value = find(name);
  if (!value) return std::nullopt;
  // Numbers beyond those of 64 bits with a sign are no such integers, or unsigned ones.
  const bool fits = value->is_number_integer() &&
                    !(value->is_number_unsigned() && value->get<std::uint64_t>() > static_cast<std::uint64_t>(max));
  if (!fits || value->get<std::int64_t>() < min)
    return must_be(name, "a number from " + std::to_string(min) + " to " + std::to_string(max));
  return value->get<std::int64_t>();
}

Result<bool> ChangeBody::flag(std::string_view name) const {
  const auto* value = find(name);
  if (!value) return false;
  if (!value->is_boolean()) return must_be(name, "true or false");
  return value->get<bool>();
}

Result<std::map<std::string, std::string>> ChangeBody::texts(std::string_view name) const {
  std::map<std::string, std::string> all;
  const auto* value = find(name);
  if (!value) return all;
  if (!value->is_object()) return must_be(name, "an object of texts");
  for (const auto& [key, text] : value->items()) {
    if (!text.is_string()) return must_be(name, "an object of texts");
    all[key] = text.get<std::string>();
  }
  return all;
}

Result<std::vector<std::string>> ChangeBody::list(std::string_view name) const {
  std::vector<std::string> all;
  const auto* value = find(name);
  if (!value) return all;
  if (!value->is_array()) return must_be(name, "a list of texts");
  for (const auto& text : *value) {
    if (!text.is_string()) return must_be(name, "a list of texts");
    all.push_back(text.get<std::string>());
  }
  return all;
}

}  // namespace fulmar
