// Plan: what happens in a life, as plain data: the settings the seed chose, and every fault with its time, target and
// parameters. A plan can be printed, saved, edited, replayed and shrunk.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "faults/fault.h"
#include "faults/setting.h"
#include "runtime/base/assert.h"
#include "runtime/base/result.h"

namespace fulmar {

struct Plan {
  std::string scenario;
  std::uint64_t seed = 0;
  std::map<std::string, std::int64_t, std::less<>> settings;  // by name; what each means is the scenario's
  std::vector<Fault> faults;                                  // by time

  bool has(const Setting& wanted) const { return settings.contains(wanted.name); }
  // The plan must have it; a plan that was checked has those that it needs.
  std::int64_t setting(const Setting& wanted) const {
    auto found = settings.find(wanted.name);
    FULMAR_ASSERT(found != settings.end());
    return found->second;
  }
  // Plans that were kept from before there was such a setting don't have it.
  std::int64_t setting_or(const Setting& wanted, std::int64_t otherwise) const {
    auto found = settings.find(wanted.name);
    return found == settings.end() ? otherwise : found->second;
  }
  // The value must be in the setting's range.
  void set(const Setting& chosen, std::int64_t value) {
    FULMAR_ASSERT(value >= chosen.min && value <= chosen.max);
    settings.insert_or_assign(std::string(chosen.name), value);
  }
};

// What the plans of a scenario speak of.
struct PlanTerms {
  const FaultKinds& (*fault_kinds)();
  // What the nodes of the plan's world are called, by their numbers. The plan may not be checked yet.
  std::vector<std::string> (*node_names)(const Plan& plan);
};

std::string plan_to_json(const Plan& plan, const PlanTerms& terms);
// Nodes are given by name or by number. Errors: invalid_argument, saying in one sentence what is wrong: members that
// are missing, unknown or there twice, wrong types, kinds and nodes that there are not, times out of their range.
Result<Plan> plan_from_json(const std::string& text, const PlanTerms& terms);

}  // namespace fulmar
