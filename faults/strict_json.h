// Reading JSON that people may have edited: everything that is not exactly what is expected is an error that says where
// it is, in one sentence.
#pragma once

#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"

namespace fulmar::strict_json {

using nlohmann::ordered_json;

constexpr auto any_min = std::numeric_limits<std::int64_t>::min();
constexpr auto any_max = std::numeric_limits<std::int64_t>::max();

// What is wrong. All functions below throw it.
struct Malformed {
  std::string what;
};

// A member of an object, and the beginning of an error message about it: "fault 3: 'amount'".
struct Member {
  const ordered_json& value;
  std::string name;
};

std::string in_quotes(const std::string& text);

// Refuses duplicate members: only one would count, and it would be unclear which.
ordered_json parse(const std::string& text);
// The object must have all of `names`, may have `optional`, and no others.
void expect_members(const ordered_json& object, const std::string& where, std::vector<std::string_view> names,
                    std::string_view optional = {});
// One that the object has.
Member member(const ordered_json& object, const std::string& where, const char* name);

std::int64_t integer(const Member& from, std::int64_t min, std::int64_t max);
std::uint64_t not_negative(const Member& from);
std::string text(const Member& from);
const ordered_json& array(const Member& from);

// The result of `read`, or what was wrong as invalid_argument.
template <class Read>
auto caught(Read read) -> Result<decltype(read())> {
  try {
    return read();
  } catch (const Malformed& malformed) {
    return fail(Errc::invalid_argument, malformed.what);
  } catch (const ordered_json::out_of_range&) {
    return fail(Errc::invalid_argument, "it has a number that is too large");
  } catch (const ordered_json::parse_error& error) {
    return fail(Errc::invalid_argument, "it is not JSON, from byte " + std::to_string(error.byte) + " on");
  }
}

}  // namespace fulmar::strict_json
