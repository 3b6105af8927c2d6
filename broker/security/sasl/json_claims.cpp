#include "broker/security/sasl/json_claims.h"

#include <cmath>
#include <set>

#include "runtime/fiber/slices.h"

namespace fulmar {

namespace {

constexpr int depth_max = 32;
constexpr std::int64_t seconds_max = std::int64_t{1} << 40;  // some 35,000 years
constexpr Duration event_work = nanoseconds(100);            // to read a name or a value

}  // namespace

std::optional<nlohmann::json> parse_json_object(std::string_view text, bool in_slices) {
  bool refused = false;
  std::set<std::string> names;
  auto check = [&](int depth, nlohmann::json::parse_event_t event, nlohmann::json& parsed) {
    if (in_slices) work_in_slices(event_work);
    if (depth > depth_max) refused = true;
    // Which of two values counts, parsers disagree on.
    if (event == nlohmann::json::parse_event_t::key && depth == 1)
      refused |= !names.insert(parsed.get<std::string>()).second;
    return !refused;  // false: what follows is dropped, not kept
  };
  auto object = nlohmann::json::parse(text, check, false);
  if (refused || object.is_discarded() || !object.is_object()) return std::nullopt;
  return object;
}

std::optional<std::string> string_claim(const nlohmann::json& object, const std::string& name) {
  if (!object.is_object()) return std::nullopt;
  auto found = object.find(name);
  if (found == object.end() || !found->is_string()) return std::nullopt;
  return found->get<std::string>();
}

std::optional<std::int64_t> time_claim(const nlohmann::json& object, const std::string& name) {
  if (!object.is_object()) return std::nullopt;
  auto found = object.find(name);
  if (found == object.end() || !found->is_number()) return std::nullopt;
  auto seconds = std::trunc(found->get<double>());
  if (!(std::abs(seconds) <= static_cast<double>(seconds_max))) return std::nullopt;
  return static_cast<std::int64_t>(seconds);
}

}  // namespace fulmar
