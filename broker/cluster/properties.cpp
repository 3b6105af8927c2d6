#include "broker/cluster/properties.h"

#include <charconv>

namespace fulmar {

namespace {

std::string_view trim(std::string_view text) {
  constexpr std::string_view blanks = " \t\r";
  auto from = text.find_first_not_of(blanks);
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(blanks) - from + 1);
}

bool is_one_of(std::string_view value, std::string_view allowed) {
  while (!allowed.empty()) {
    auto comma = allowed.find(',');
    if (allowed.substr(0, comma) == value) return true;
    if (comma == std::string_view::npos) return false;
    allowed.remove_prefix(comma + 1);
  }
  return false;
}

std::unexpected<Error> invalid(const PropertyInfo& info, std::string_view value, const std::string& expected) {
  return fail(Errc::invalid_argument,
              "Invalid value " + std::string(value) + " for configuration " + std::string(info.name) + ": " + expected);
}

}  // namespace

const PropertyInfo* find_property(std::span<const PropertyInfo> table, std::string_view name) {
  for (const auto& info : table)
    if (info.name == name) return &info;
  return nullptr;
}

Result<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size())
    return fail(Errc::invalid_argument, "not a whole number: " + std::string(text));
  return number;
}

Result<void> check_property(const PropertyInfo& info, std::string_view value) {
  switch (info.type) {
    case PropertyType::boolean:
      if (value != "true" && value != "false") return invalid(info, value, "must be true or false");
      return {};
    case PropertyType::int16:
    case PropertyType::int32:
    case PropertyType::int64: {
      auto number = parse_integer(value);
      if (!number) return invalid(info, value, "must be a whole number");
      if (*number < info.min) return invalid(info, value, "must be at least " + std::to_string(info.min));
      if (*number > info.max) return invalid(info, value, "must be at most " + std::to_string(info.max));
      return {};
    }
    case PropertyType::string:
    case PropertyType::list:
    case PropertyType::real:
      if (!info.allowed.empty() && !is_one_of(value, info.allowed))
        return invalid(info, value, "must be one of " + std::string(info.allowed));
      return {};
  }
  return {};
}

Result<Properties> parse_properties(std::string_view text) {
  Properties properties;
  for (int number = 1; !text.empty(); ++number) {
    auto end = text.find('\n');
    auto line = trim(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.empty() || line.front() == '#' || line.front() == '!') continue;
    auto equals = line.find('=');
    if (equals == std::string_view::npos)
      return fail(Errc::invalid_argument,
                  "line " + std::to_string(number) + ": expected NAME=VALUE, got " + std::string(line));
    properties.insert_or_assign(std::string(trim(line.substr(0, equals))), std::string(trim(line.substr(equals + 1))));
  }
  return properties;
}

}  // namespace fulmar
