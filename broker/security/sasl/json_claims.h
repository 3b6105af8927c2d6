// Reading JSON that a stranger sends: no exceptions, and nothing but what was asked for.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace fulmar {

// nullopt: it is no JSON, no object, has a name twice at the top, or is nested deeper than 32. `in_slices`: the work is
// declared, and other fibers run meanwhile.
std::optional<nlohmann::json> parse_json_object(std::string_view text, bool in_slices = false);
// nullopt: `object` is none, or has no such string.
std::optional<std::string> string_claim(const nlohmann::json& object, const std::string& name);
// Seconds since 1970; fractions are cut off. nullopt: likewise, or beyond what milliseconds can be counted in.
std::optional<std::int64_t> time_claim(const nlohmann::json& object, const std::string& name);

}  // namespace fulmar
