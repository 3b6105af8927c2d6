// Plan: what happens in a life, as plain data: the settings the seed chose, and every fault with its time, target and
// parameters. A plan can be printed, saved, edited, replayed and shrunk.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "faults/fault.h"
#include "runtime/base/result.h"

namespace fulmar {

struct Plan {
  std::string scenario;
  std::uint64_t seed = 0;
  std::map<std::string, std::int64_t> settings;  // by name; what each means is the scenario's
  std::vector<Fault> faults;                     // by time

  std::int64_t setting(const std::string& name) const { return settings.at(name); }
  // Plans that were kept from before there was such a setting don't have it.
  std::int64_t setting_or(const std::string& name, std::int64_t otherwise) const {
    auto found = settings.find(name);
    return found == settings.end() ? otherwise : found->second;
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
