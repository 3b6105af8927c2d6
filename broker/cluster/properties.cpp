#include "broker/cluster/properties.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "runtime/base/utf8.h"

namespace fulmar {

namespace {

bool is_one_of(std::string_view value, std::string_view allowed) {
  auto values = split_list(allowed);
  return std::find(values.begin(), values.end(), value) != values.end();
}

std::unexpected<Error> invalid(const PropertyInfo& info, std::string_view value, const std::string& expected) {
  return fail(Errc::invalid_argument,
              "Invalid value " + std::string(value) + " for configuration " + std::string(info.name) + ": " + expected);
}

// Checks the value against the allowed ones, if these are listed.
Result<void> check_allowed(const PropertyInfo& info, std::string_view value) {
  if (info.allowed.empty() || is_one_of(value, info.allowed)) return {};
  return invalid(info, value, "must be one of " + std::string(info.allowed));
}

Result<std::string> checked_integer(const PropertyInfo& info, std::string_view value) {
  auto digits = value.starts_with('+') ? value.substr(1) : value;
  auto number = parse_integer(digits);
  if (!number) return invalid(info, value, "must be a whole number");
  if (*number < info.min) return invalid(info, value, "must be at least " + std::to_string(info.min));
  if (*number > info.max) return invalid(info, value, "must be at most " + std::to_string(info.max));
  auto kept = std::to_string(*number);
  FULMAR_TRY_VOID(check_allowed(info, kept));
  return kept;
}

Result<std::string> checked_real(const PropertyInfo& info, std::string_view value) {
  double number = 0;
  auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc() || end != value.data() + value.size()) return invalid(info, value, "must be a number");
  if (number < static_cast<double>(info.min))
    return invalid(info, value, "must be at least " + std::to_string(info.min));
  if (info.max != std::numeric_limits<std::int64_t>::max() && number > static_cast<double>(info.max))
    return invalid(info, value, "must be at most " + std::to_string(info.max));
  return std::string(value);
}

Result<std::string> checked_list(const PropertyInfo& info, std::string_view value) {
  auto elements = split_list(value);
  if (elements.empty() && !info.allowed.empty()) FULMAR_TRY_VOID(check_allowed(info, value));
  for (auto element : elements) FULMAR_TRY_VOID(check_allowed(info, element));
  return join_list(elements);
}

Result<std::string> checked_type(const PropertyInfo& info, std::string_view value) {
  switch (info.type) {
    case PropertyType::boolean: {
      std::string small(value);
      std::transform(small.begin(), small.end(), small.begin(),
                     [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
      if (small != "true" && small != "false") return invalid(info, value, "must be true or false");
      return small;
    }
    case PropertyType::int16:
    case PropertyType::int32:
    case PropertyType::int64: return checked_integer(info, value);
    case PropertyType::real: return checked_real(info, value);
    case PropertyType::list: return checked_list(info, value);
    case PropertyType::string:
    case PropertyType::class_name:
    case PropertyType::password: FULMAR_TRY_VOID(check_allowed(info, value)); return std::string(value);
  }
  return std::string(value);
}

}  // namespace

const PropertyInfo* find_property(std::span<const PropertyInfo> table, std::string_view name) {
  for (const auto& info : table)
    if (info.name == name) return &info;
  return nullptr;
}

std::vector<std::string_view> names_of(std::span<const PropertyInfo> table) {
  std::vector<std::string_view> names;
  for (const auto& info : table) names.push_back(info.name);
  return names;
}

Result<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size())
    return fail(Errc::invalid_argument, "not a whole number: " + std::string(text));
  return number;
}

std::int64_t whole_units(std::string_view real, std::int64_t units_of_one) {
  double number = 0;
  auto [end, error] = std::from_chars(real.data(), real.data() + real.size(), number);
  if (error != std::errc() || end != real.data() + real.size()) return -1;
  number *= static_cast<double>(units_of_one);
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  return number < static_cast<double>(most) ? static_cast<std::int64_t>(number) : most;
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n\f\v";
  auto from = text.find_first_not_of(blanks);
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(blanks) - from + 1);
}

std::vector<std::string_view> split_list(std::string_view text) {
  std::vector<std::string_view> elements;
  if (trim(text).empty()) return elements;
  for (std::size_t begin = 0; begin <= text.size();) {
    auto end = std::min(text.find(',', begin), text.size());
    elements.push_back(trim(text.substr(begin, end - begin)));
    begin = end + 1;
  }
  return elements;
}

std::string join_list(const std::vector<std::string_view>& elements) {
  std::string text;
  for (auto element : elements) text += (text.empty() ? "" : ",") + std::string(element);
  return text;
}

Result<std::string> checked_value(const PropertyInfo& info, std::string_view value) {
  value = trim(value);
  if (!is_utf8(value)) return invalid(info, "(which is no UTF-8)", "must be UTF-8");
  if (info.effect == Effect::refused && value.empty()) return std::string();  // as if it were not set
  FULMAR_TRY(auto kept, checked_type(info, value));
  if (info.effect == Effect::refused && kept != info.default_value)
    return fail(Errc::invalid_argument,
                "Configuration " + std::string(info.name) + " is not served: " + std::string(info.doc));
  return kept;
}

namespace {

// Takes the next line off `text`, without blanks around it.
std::string_view take_line(std::string_view& text) {
  auto end = text.find('\n');
  auto line = trim(text.substr(0, end));
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

// Whether the next line belongs to it: an odd number of backslashes is at its end.
bool is_continued(std::string_view line) {
  auto last = line.find_last_not_of('\\');
  return (line.size() - (last == std::string_view::npos ? 0 : last + 1)) % 2 == 1;
}

}  // namespace

Result<Properties> parse_properties(std::string_view text) {
  Properties properties;
  for (int number = 1; !text.empty(); ++number) {
    std::string line(take_line(text));
    if (line.empty() || line.front() == '#' || line.front() == '!') continue;
    for (; is_continued(line) && !text.empty(); ++number) {
      line.pop_back();
      line += take_line(text);
    }
    auto equals = line.find('=');
    if (equals == std::string_view::npos)
      return fail(Errc::invalid_argument, "line " + std::to_string(number) + ": expected NAME=VALUE, got " + line);
    properties.insert_or_assign(std::string(trim(std::string_view(line).substr(0, equals))),
                                std::string(trim(std::string_view(line).substr(equals + 1))));
  }
  return properties;
}

}  // namespace fulmar
