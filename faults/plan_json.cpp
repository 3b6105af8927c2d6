#include "faults/plan_json.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "runtime/base/did_you_mean.h"
#include "runtime/base/random.h"

namespace fulmar {

namespace {

using namespace strict_json;

constexpr std::int64_t time_us_max = fault_time_max / microseconds(1);

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

Branch branch_from(const ordered_json& entry, const std::string& where) {
  expect_members(entry, where, {"event", "seed"});
  return {not_negative(member(entry, where, "event")), not_negative(member(entry, where, "seed"))};
}

}  // namespace

std::uint64_t life_seed(const Plan& plan) {
  if (plan.branches.empty() || plan.branches.front().event != 0) return plan.seed;
  return Random(plan.seed).split("future").split(plan.branches.front().seed).next();
}

Plan plan_of_json(const ordered_json& json, const PlanTerms& terms) {
  const std::string where = "the plan";
  expect_members(json, where, {"scenario", "seed", "settings", "faults"}, "branches");
  Plan plan;
  plan.scenario = text(member(json, where, "scenario"));
  plan.seed = not_negative(member(json, where, "seed"));
  const auto& settings = json["settings"];
  if (!settings.is_object()) throw Malformed{"the plan: 'settings' must be an object"};
  for (const auto& [name, value] : settings.items())
    plan.settings[name] = integer({value, "setting " + in_quotes(name)}, any_min, any_max);
  auto nodes = terms.node_names(plan);
  for (const auto& entry : array(member(json, where, "faults")))
    plan.faults.push_back(
        fault_from(entry, "fault " + std::to_string(plan.faults.size() + 1), terms.fault_kinds(), nodes));
  if (!json.contains("branches")) return plan;
  for (const auto& entry : array(member(json, where, "branches"))) {
    auto which = "branch " + std::to_string(plan.branches.size() + 1);
    auto branch = branch_from(entry, which);
    if (!plan.branches.empty() && branch.event <= plan.branches.back().event)
      throw Malformed{which + ": 'event' must be above that of the branch before it"};
    if (plan.branches.size() == Plan::branches_max) throw Malformed{"the plan: 'branches' has too many"};
    plan.branches.push_back(branch);
  }
  return plan;
}

ordered_json json_of_plan(const Plan& plan, const PlanTerms& terms) {
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
  json["branches"] = ordered_json::array();
  for (const auto& branch : plan.branches) json["branches"].push_back({{"event", branch.event}, {"seed", branch.seed}});
  return json;
}

std::string plan_to_json(const Plan& plan, const PlanTerms& terms) {
  return json_of_plan(plan, terms).dump(1);
}

Result<Plan> plan_from_json(const std::string& text, const PlanTerms& terms) {
  return caught([&] { return plan_of_json(parse(text), terms); });
}

}  // namespace fulmar
