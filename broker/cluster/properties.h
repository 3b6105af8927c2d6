// Properties: configuration as Kafka writes it, `name=value`, described once by a table that serves parsing, checking,
// DescribeConfigs and the documentation.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"

namespace fulmar {

using Properties = std::map<std::string, std::string, std::less<>>;

// As DescribeConfigs numbers them (KIP-569).
enum class PropertyType : std::int8_t {
  boolean = 1,
  string = 2,
  int32 = 3,
  int16 = 4,
  int64 = 5,
  real = 6,
  list = 7,
  class_name = 8,
  password = 9,
};

// How a property takes effect.
enum class Effect : std::uint8_t {
  served,   // means here what it means in Kafka
  none,     // accepted without effect, so that a configuration written for Kafka can be used as it is
  refused,  // protects or keeps data in a way that is not served: any value but Kafka's default is refused
};

struct PropertyInfo {
  std::string_view name;
  PropertyType type;
  std::string_view default_value;
  std::int64_t min;  // of numbers
  std::int64_t max;
  std::string_view allowed;  // the values, separated by commas; empty: any, for numbers any in the range
  std::string_view doc;      // if refused: what is not served
  Effect effect = Effect::served;
};

const PropertyInfo* find_property(std::span<const PropertyInfo> table, std::string_view name);
// The value in its stored form: without blanks around it or around a list's elements, booleans in lower case. Errors:
// invalid_argument, which says which property, what was given, and what is allowed.
Result<std::string> checked_value(const PropertyInfo& info, std::string_view value);
std::vector<std::string_view> names_of(std::span<const PropertyInfo> table);

// Errors: invalid_argument, unless all of it is a decimal number that fits.
Result<std::int64_t> parse_integer(std::string_view text);
// A checked real number in whole units: truncated, and at most the largest that fits; -1 if it is no number.
std::int64_t whole_units(std::string_view real, std::int64_t units_of_one);
// A list's elements without blanks around them; none if it is empty.
std::vector<std::string_view> split_list(std::string_view text);
std::string join_list(const std::vector<std::string_view>& elements);
std::string_view trim(std::string_view text);

// A file of `name=value` lines; '#' and '!' begin comments, and a backslash at a line's end joins the next line to it.
// Errors: invalid_argument with the line's number.
Result<Properties> parse_properties(std::string_view text);

}  // namespace fulmar
