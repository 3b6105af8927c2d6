// Properties: configuration as Kafka writes it, `name=value`, described once by a table that serves parsing, checking,
// DescribeConfigs and the documentation.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "runtime/base/result.h"

namespace fulmar {

using Properties = std::map<std::string, std::string, std::less<>>;

// As DescribeConfigs numbers them (KIP-569).
enum class PropertyType : std::int8_t { boolean = 1, string = 2, int32 = 3, int16 = 4, int64 = 5, real = 6, list = 7 };

struct PropertyInfo {
  std::string_view name;
  PropertyType type;
  std::string_view default_value;
  std::int64_t min;  // of a number
  std::int64_t max;
  std::string_view allowed;  // of a string or list: the values, separated by commas; empty: any
  std::string_view doc;
};

const PropertyInfo* find_property(std::span<const PropertyInfo> table, std::string_view name);
// Errors: invalid_argument, saying which property, what was given, and what is allowed.
Result<void> check_property(const PropertyInfo& info, std::string_view value);

Result<std::int64_t> parse_integer(std::string_view text);

// A file of `name=value` lines; '#' and '!' begin comments. Errors: invalid_argument with the line's number.
Result<Properties> parse_properties(std::string_view text);

}  // namespace fulmar
