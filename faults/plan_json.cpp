#include <algorithm>
#include <initializer_list>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>

#include "faults/plan.h"
#include "runtime/base/did_you_mean.h"

namespace fulmar {

namespace {

using nlohmann::ordered_json;

constexpr auto any_min = std::numeric_limits<std::int64_t>::min();
constexpr auto any_max = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t time_us_max = fault_time_max / microseconds(1);

// The error in a plan.
struct Malformed {
  std::string what;
};

// A member of an object, and the beginning of an error message about it: "fault 3: amount".
struct Member {
  const ordered_json& value;
  std::string name;
};

std::string in_quotes(const std::string& text) {
  return "'" + text + "'";
}

// The object must have exactly these members.
void expect_members(const ordered_json& object, const std::string& where, std::vector<std::string_view> names) {
  if (!object.is_object()) throw Malformed{where + " must be an object"};
  for (const auto& [key, value] : object.items())
    if (std::find(names.begin(), names.end(), key) == names.end())
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

std::uint64_t seed_from(const Member& from) {
  if (!from.value.is_number_unsigned()) throw Malformed{from.name + " must be a whole number that is not negative"};
  return from.value.get<std::uint64_t>();
}

std::string text(const Member& from) {
  if (!from.value.is_string()) throw Malformed{from.name + " must be a string"};
  return from.value.get<std::string>();
}

// By its name or, in older plans, by its number.
std::size_t node(const Member& from, const std::vector<std::string>& nodes) {
  if (from.value.is_number())
    return static_cast<std::size_t>(integer(from, 0, static_cast<std::int64_t>(nodes.size()) - 1));
  auto name = text(from);
  auto found = std::find(nodes.begin(), nodes.end(), name);
  if (found == nodes.end())
    throw Malformed{from.name + " is " + in_quotes(name) + ", and the plan has no such node" +
                    did_you_mean(name, {nodes.begin(), nodes.end()})};
  return static_cast<std::size_t>(found - nodes.begin());
}

const FaultKind* kind(const Member& from, const FaultKinds& kinds) {
  auto name = text(from);
  const auto* found = kinds.find(name);
  if (!found)
    throw Malformed{from.name + " is " + in_quotes(name) + ", which is no kind of fault" +
                    did_you_mean(name, kinds.names())};
  return found;
}

Fault fault_from(const ordered_json& entry, const std::string& where, const FaultKinds& kinds,
                 const std::vector<std::string>& nodes) {
  expect_members(entry, where, {"kind", "at_us", "duration_us", "target", "peer", "amount"});
  Fault fault;
  fault.kind = kind(member(entry, where, "kind"), kinds);
  fault.at = Instant{integer(member(entry, where, "at_us"), 0, time_us_max) * 1000};
  fault.duration = microseconds(integer(member(entry, where, "duration_us"), 0, time_us_max));
  fault.target = node(member(entry, where, "target"), nodes);
  fault.peer = node(member(entry, where, "peer"), nodes);
  fault.amount = integer(member(entry, where, "amount"), any_min, any_max);
  return fault;
}

// Refuses duplicate members: only one would count, and it would be unclear which.
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

Plan plan_from(const ordered_json& json, const PlanTerms& terms) {
  expect_members(json, "the plan", {"scenario", "seed", "settings", "faults"});
  Plan plan;
  plan.scenario = text(member(json, "the plan", "scenario"));
  plan.seed = seed_from(member(json, "the plan", "seed"));
  const auto& settings = json["settings"];
  if (!settings.is_object()) throw Malformed{"the plan: 'settings' must be an object"};
  for (const auto& [name, value] : settings.items())
    plan.settings[name] = integer({value, "setting " + in_quotes(name)}, any_min, any_max);
  if (!json["faults"].is_array()) throw Malformed{"the plan: 'faults' must be an array"};
  auto nodes = terms.node_names(plan);
  for (const auto& entry : json["faults"])
    plan.faults.push_back(
        fault_from(entry, "fault " + std::to_string(plan.faults.size() + 1), terms.fault_kinds(), nodes));
  return plan;
}

}  // namespace

std::string plan_to_json(const Plan& plan, const PlanTerms& terms) {
  auto nodes = terms.node_names(plan);
  auto name = [&](std::size_t n) { return n < nodes.size() ? ordered_json(nodes[n]) : ordered_json(n); };
  ordered_json json;
  json["scenario"] = plan.scenario;
  json["seed"] = plan.seed;
  json["settings"] = plan.settings;
  json["faults"] = ordered_json::array();
  for (const auto& fault : plan.faults) {
    ordered_json entry;
    entry["kind"] = fault.kind->name;
    entry["at_us"] = fault.at.ns / 1000;
    entry["duration_us"] = fault.duration.count() / 1000;
    entry["target"] = name(fault.target);
    entry["peer"] = name(fault.peer);
    entry["amount"] = fault.amount;
    json["faults"].push_back(std::move(entry));
  }
  return json.dump(1);
}

Result<Plan> plan_from_json(const std::string& text, const PlanTerms& terms) {
  try {
    return plan_from(parse(text), terms);
  } catch (const Malformed& malformed) {
    return fail(Errc::invalid_argument, malformed.what);
  } catch (const ordered_json::out_of_range&) {
    return fail(Errc::invalid_argument, "it has a number that is too large");
  } catch (const ordered_json::parse_error& error) {
    return fail(Errc::invalid_argument, "it is not JSON, from byte " + std::to_string(error.byte) + " on");
  }
}

}  // namespace fulmar
