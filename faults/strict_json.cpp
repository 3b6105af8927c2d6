#include "faults/strict_json.h"

#include <algorithm>
#include <set>

#include "runtime/base/did_you_mean.h"

namespace fulmar::strict_json {

std::string in_quotes(const std::string& text) {
  return "'" + text + "'";
}

ordered_json parse(const std::string& text) {
  std::vector<std::set<std::string>> members;  // of the objects that are open
  auto look = [&](int, ordered_json::parse_event_t event, ordered_json& value) {
    if (event == ordered_json::parse_event_t::object_start) members.emplace_back();
    if (event == ordered_json::parse_event_t::object_end) members.pop_back();
    if (event == ordered_json::parse_event_t::key && !members.back().insert(value.get<std::string>()).second)
      throw Malformed{"it has " + in_quotes(value.get<std::string>()) + " twice in one object"};
    return true;
  };
  return ordered_json::parse(text, look);
}

void expect_members(const ordered_json& object, const std::string& where, std::vector<std::string_view> names,
                    std::string_view optional) {
  if (!object.is_object()) throw Malformed{where + " must be an object"};
  for (const auto& [key, value] : object.items())
    if (key != optional && std::ranges::find(names, key) == names.end())
      throw Malformed{where + " has no member " + in_quotes(key) + did_you_mean(key, names)};
  for (auto name : names)
    if (!object.contains(name)) throw Malformed{where + " lacks " + in_quotes(std::string(name))};
}

Member member(const ordered_json& object, const std::string& where, const char* name) {
  return {object[name], where + ": " + in_quotes(name)};
}

std::int64_t integer(const Member& from, std::int64_t min, std::int64_t max) {
  const auto& value = from.value;
  bool fits = value.is_number_integer() &&
              (!value.is_number_unsigned() ||
               value.get<std::uint64_t>() <= std::uint64_t{std::numeric_limits<std::int64_t>::max()});
  if (!fits || value.get<std::int64_t>() < min || value.get<std::int64_t>() > max)
    throw Malformed{from.name + " must be a whole number" +
                    (min == any_min ? "" : " from " + std::to_string(min) + " to " + std::to_string(max)) + ", not " +
                    value.dump(-1, ' ', false, ordered_json::error_handler_t::replace)};
  return value.get<std::int64_t>();
}

std::uint64_t not_negative(const Member& from) {
  if (!from.value.is_number_unsigned()) throw Malformed{from.name + " must be a whole number that is not negative"};
  return from.value.get<std::uint64_t>();
}

std::string text(const Member& from) {
  if (!from.value.is_string()) throw Malformed{from.name + " must be a string"};
  return from.value.get<std::string>();
}

const ordered_json& array(const Member& from) {
  if (!from.value.is_array()) throw Malformed{from.name + " must be an array"};
  return from.value;
}

}  // namespace fulmar::strict_json
